"""The OpenAPI document of a job."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence

from racetrack_job_wrapper.signature import CallSignature

#: JSON Schema of the annotations that say enough by themselves; nothing is enforced.
SCHEMAS: Dict[str, Dict[str, Any]] = {
    'int': {'type': 'integer'},
    'float': {'type': 'number'},
    'str': {'type': 'string'},
    'bool': {'type': 'boolean'},
    'dict': {'type': 'object'},
    'Dict': {'type': 'object'},
    'list': {'type': 'array', 'items': {}},
    'List': {'type': 'array', 'items': {}},
}

JSON_ANSWER = {'description': 'OK', 'content': {'application/json': {'schema': {}}}}
#: Kept apart from the job's own operations.
PROBES = {
    '/live': 'Whether the process is alive',
    '/ready': 'Whether the job takes calls',
    '/health': 'What the job knows about itself',
    '/metrics': 'Metrics in the Prometheus text format',
}


@dataclass(frozen=True)
class DocumentedEndpoint:
    #: Full path, such as `/api/v1/perform`.
    path: str
    signature: CallSignature
    #: Documentation of the function, Markdown.
    text: str
    example: Dict[str, Any]


def describe_job(
    name: str, version: str, endpoints: Sequence[DocumentedEndpoint] = (), static_paths: Sequence[str] = ()
) -> Dict[str, Any]:
    """The document without its servers, which depend on how it was reached."""
    paths: Dict[str, Any] = {path: {'get': _describe_probe(path, text)} for path, text in PROBES.items()}
    for endpoint in endpoints:
        paths[endpoint.path] = {'post': _describe_endpoint(endpoint)}
    if any(endpoint.path == '/api/v1/perform' for endpoint in endpoints):
        paths['/api/v1/parameters'] = {'get': _describe_get('List the parameters of the main action', 'parameters')}
    for path in static_paths:
        paths[path] = {'get': _describe_static(path)}
    return {
        'openapi': '3.1.0',
        'info': {
            'title': f'Job - {name}',
            'description': 'Job Module wrapped in a REST server',
            'version': version,
        },
        'paths': paths,
        'components': {
            'securitySchemes': {'racetrackAuth': {'type': 'apiKey', 'in': 'header', 'name': 'X-Racetrack-Auth'}}
        },
        'security': [{'racetrackAuth': []}],
        'tags': [
            {'name': 'API', 'description': 'Operations of the job'},
            {'name': 'root', 'description': 'State of the job'},
        ],
    }


def with_servers(document: Dict[str, Any], base: str) -> Dict[str, Any]:
    servers = [
        {'url': base, 'description': 'proxy prefixed path'},
        {'url': '/', 'description': 'root base path'},
    ]
    return {**document, 'servers': servers}


def _describe_endpoint(endpoint: DocumentedEndpoint) -> Dict[str, Any]:
    short = endpoint.path[len('/api/v1') :]
    action = 'Call main action' if short == '/perform' else f'Call auxiliary endpoint: {short}'
    operation = 'perform' if short == '/perform' else f'auxiliary_endpoint_{short.replace("/", "_")}'
    return {
        'tags': ['API'],
        'summary': action,
        'description': f'{action}: {endpoint.text}' if endpoint.text else action,
        'operationId': operation,
        'requestBody': {
            'required': True,
            'content': {'application/json': {'schema': _describe_body(endpoint)}},
        },
        'responses': {
            '200': JSON_ANSWER,
            '400': _describe_error('The input was refused'),
            '422': _describe_error('The body is not a JSON object'),
            '500': _describe_error('The job failed'),
        },
    }


def _describe_body(endpoint: DocumentedEndpoint) -> Dict[str, Any]:
    named = [
        parameter
        for parameter in endpoint.signature.parameters or ()
        if parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    ]
    schema: Dict[str, Any] = {
        'type': 'object',
        'title': 'Payload',
        'properties': {parameter.name: _describe_type(parameter.annotation) for parameter in named},
        'default': endpoint.example,
    }
    required = [parameter.name for parameter in named if parameter.default is inspect.Parameter.empty]
    return {**schema, 'required': required} if required else schema


def _describe_type(annotation: Any) -> Dict[str, Any]:
    name = annotation if isinstance(annotation, str) else getattr(annotation, '__name__', '')
    return SCHEMAS.get(name, {})


def _describe_error(text: str) -> Dict[str, Any]:
    fields: Dict[str, Any] = {'error': {'type': 'string'}, 'type': {'type': 'string'}, 'detail': {}}
    schema = {'type': 'object', 'properties': fields, 'required': ['error']}
    return {'description': text, 'content': {'application/json': {'schema': schema}}}


def _describe_probe(path: str, text: str) -> Dict[str, Any]:
    return {'tags': ['root'], 'summary': text, 'operationId': path[1:], 'responses': {'200': {'description': 'OK'}}}


def _describe_get(text: str, operation: str) -> Dict[str, Any]:
    return {'tags': ['API'], 'summary': text, 'operationId': operation, 'responses': {'200': JSON_ANSWER}}


def _describe_static(path: str) -> Dict[str, Any]:
    short = path[len('/api/v1') :]
    operation = f'static_endpoint_{short.replace("/", "_")}'
    answers: List[str] = ['200']
    return {
        'tags': ['API'],
        'summary': f'Fetch static file: {short}',
        'operationId': operation,
        'responses': {status: {'description': 'OK'} for status in answers},
    }
