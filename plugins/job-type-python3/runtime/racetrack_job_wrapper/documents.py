"""Completes the description of a job with what only its entrypoint knows."""

from __future__ import annotations

import inspect
from typing import Any, Dict

from racetrack_job_wrapper.entrypoint import MODULE_NAME


def complete_document(openapi: Dict[str, Any], entrypoint: Any, has_webview: bool) -> None:
    """Adds the documentation of the class or module, the webview, and schemas that the entrypoint offers."""
    text = read_documentation(entrypoint)
    if text:
        openapi['info']['description'] = text
    if has_webview:
        openapi['paths']['/api/v1/webview/{path}'] = {'get': WEBVIEW_OPERATION}
    if hasattr(entrypoint, 'input_schemas'):
        for path, schemas in entrypoint.input_schemas().items():
            body = openapi['paths'][f'/api/v1{path}']['post']['requestBody']
            for content in body['content'].values():
                content['schema'].get('properties', {}).update(schemas)


def read_documentation(entrypoint: Any) -> str:
    """What the author wrote at the head of the class (or the module): Markdown."""
    own = vars(entrypoint).get('__doc__') if hasattr(entrypoint, '__dict__') else None
    text = own or type(entrypoint).__doc__
    is_own = own is not None or type(entrypoint).__module__ == MODULE_NAME
    return inspect.cleandoc(text) if is_own and isinstance(text, str) else ''


WEBVIEW_OPERATION: Dict[str, Any] = {
    'tags': ['API'],
    'summary': 'Open the web pages of the job',
    'operationId': 'webview',
    'parameters': [{'name': 'path', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}],
    'responses': {'200': {'description': 'OK'}},
}
