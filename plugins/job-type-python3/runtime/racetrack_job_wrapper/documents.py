"""Completes the description of a job with what only its entrypoint knows."""

from __future__ import annotations

import inspect
import sys
from typing import Any, Dict

from racetrack_job_wrapper.entrypoint import MODULE_NAME


def complete_document(openapi: Dict[str, Any], entrypoint: Any, has_webview: bool) -> None:
    """Adds the documentation of the class or module, the webview, and schemas that the entrypoint offers."""
    text = read_documentation(entrypoint)
    if text:
        openapi['info']['description'] = text
    if has_webview:
        openapi['paths']['/api/v1/webview/'] = {'get': START_PAGE_OPERATION}
        openapi['paths']['/api/v1/webview/{path}'] = {'get': WEBVIEW_OPERATION}
    if hasattr(entrypoint, 'input_schemas'):
        for path, schemas in entrypoint.input_schemas().items():
            body = openapi['paths'][f'/api/v1{path}']['post']['requestBody']
            for content in body['content'].values():
                content['schema'].get('properties', {}).update(schemas)


def read_documentation(entrypoint: Any) -> str:
    """What the author wrote at the head of the class, else of the module: Markdown."""
    text = vars(entrypoint).get('__doc__') if hasattr(entrypoint, '__dict__') else None
    if text is None and type(entrypoint).__module__ == MODULE_NAME:
        text = type(entrypoint).__doc__ or getattr(sys.modules.get(MODULE_NAME), '__doc__', None)
    return inspect.cleandoc(text) if isinstance(text, str) else ''


_PAGE = {'200': {'description': 'OK', 'content': {'text/html': {'schema': {'type': 'string'}}}}}
START_PAGE_OPERATION: Dict[str, Any] = {
    'tags': ['API'],
    'summary': 'Open the start page of the job',
    # Relative to the page that shows it.
    'description': '[Open it in the browser](api/v1/webview/)',
    'operationId': 'webview_start',
    'responses': _PAGE,
}
WEBVIEW_OPERATION: Dict[str, Any] = {
    'tags': ['API'],
    'summary': 'Open another page of the job',
    'operationId': 'webview',
    'parameters': [{'name': 'path', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}],
    'responses': _PAGE,
}
