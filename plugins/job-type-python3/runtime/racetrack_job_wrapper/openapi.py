"""The OpenAPI document of a job."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence

from racetrack_job_wrapper import annotations as hints
from racetrack_job_wrapper.docstrings import read_docstring
from racetrack_job_wrapper.documented_answers import BINARY, OCTETS, describe_answer
from racetrack_job_wrapper.files import is_uploaded_file
from racetrack_job_wrapper.json_schema import SchemaWriter, is_showable
from racetrack_job_wrapper.signature import NAMED, CallSignature
from racetrack_job_wrapper.typed_documents import describe_typed_endpoint, documented_path
from racetrack_job_wrapper.typed_routes import TypedRoutes

#: Where the job's class says nothing of itself.
DESCRIPTION = 'A job served by Racetrack'
#: `GET /api/v1/parameters`.
PARAMETERS_OPERATION = {
    'tags': ['API'],
    'summary': 'List the parameters of the main action',
    'operationId': 'parameters',
    'responses': {
        '200': {
            'description': 'OK',
            'content': {'application/json': {'schema': {'type': 'array', 'items': {'type': 'object'}}}},
        }
    },
}
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
    function: Callable[..., Any]
    example: Dict[str, Any]


def describe_job(
    name: str,
    version: str,
    endpoints: Sequence[DocumentedEndpoint] = (),
    static_paths: Sequence[str] = (),
    typed_routes: Optional[TypedRoutes] = None,
) -> Dict[str, Any]:
    """The document without its servers, which depend on how it was reached."""
    writer = SchemaWriter()
    paths: Dict[str, Any] = {path: {'get': _describe_probe(path, text)} for path, text in PROBES.items()}
    for endpoint in endpoints:
        paths[endpoint.path] = {'post': _describe_endpoint(endpoint, writer)}
    if any(endpoint.path == '/api/v1/perform' for endpoint in endpoints):
        paths['/api/v1/parameters'] = {'get': PARAMETERS_OPERATION}
    for typed in typed_routes.endpoints if typed_routes is not None else ():
        described = describe_typed_endpoint(typed, writer, describe_error)
        paths.setdefault(documented_path(typed), {}).setdefault(typed.method.lower(), described)
    for path in static_paths:
        paths[path] = {'get': _describe_static(path)}
    return {
        'openapi': '3.1.0',
        'info': {
            'title': f'Job - {name}',
            'description': DESCRIPTION,
            'version': version,
        },
        'paths': paths,
        'components': {
            'securitySchemes': {'racetrackAuth': {'type': 'apiKey', 'in': 'header', 'name': 'X-Racetrack-Auth'}},
            **({'schemas': writer.components} if writer.components else {}),
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


def _describe_endpoint(endpoint: DocumentedEndpoint, writer: SchemaWriter) -> Dict[str, Any]:
    short = endpoint.path[len('/api/v1') :]
    action = 'Call main action' if short == '/perform' else f'Call auxiliary endpoint: {short}'
    operation = 'perform' if short == '/perform' else f'auxiliary_endpoint_{short.replace("/", "_")}'
    named = [parameter for parameter in endpoint.signature.parameters or () if parameter.kind in NAMED]
    documentation = read_docstring(endpoint.function, {parameter.name for parameter in named})
    return {
        'tags': ['API'],
        'summary': documentation.summary or action,
        'description': documentation.text or action,
        'operationId': operation,
        'requestBody': {
            'required': True,
            'content': _describe_bodies(endpoint, named, documentation.parameters, writer),
        },
        'responses': {
            '200': describe_answer(endpoint.signature, writer, documentation.returns),
            '400': describe_error('The input was refused'),
            '413': describe_error('The body is too long'),
            '422': describe_error('The body is not a JSON object'),
            '429': describe_error('There are too many calls at once'),
            '500': describe_error('The job failed'),
            '504': describe_error('The job took too long'),
        },
    }


def _describe_bodies(
    endpoint: DocumentedEndpoint, named: List[inspect.Parameter], texts: Dict[str, str], writer: SchemaWriter
) -> Dict[str, Any]:
    """By media type: what the function takes decides what pages offer to send."""
    types = {parameter.name: endpoint.signature.hints.get(parameter.name, hints.UNKNOWN) for parameter in named}
    schema = _describe_body(endpoint, named, types, writer)
    for name, text in texts.items():
        schema['properties'][name] = {**schema['properties'][name], 'description': text}
    json_body = {'application/json': {'schema': schema}}
    files = [each for each in named if any(is_uploaded_file(member) for member in _parts_of(types[each.name]))]
    if files:  # without a file that may be left out, the rest may as well be JSON
        is_required = any(each.default is inspect.Parameter.empty for each in files)
        return {'multipart/form-data': {'schema': schema}, **({} if is_required else json_body)}
    if len(named) == 1 and types[named[0].name] is bytes:
        return {OCTETS: {'schema': BINARY}}
    return json_body


def _parts_of(annotation: Any) -> List[Any]:
    annotation = hints.bare(annotation)
    return [annotation, *(part for member in typing.get_args(annotation) for part in _parts_of(member))]


def _describe_body(
    endpoint: DocumentedEndpoint, named: List[inspect.Parameter], types: Dict[str, Any], writer: SchemaWriter
) -> Dict[str, Any]:
    properties = {}
    for parameter in named:
        described = writer.describe(types[parameter.name])
        if parameter.default is not inspect.Parameter.empty and is_showable(parameter.default):
            described = {**described, 'default': parameter.default}
        properties[parameter.name] = described
    schema: Dict[str, Any] = {
        'type': 'object',
        'title': 'Payload',
        'properties': properties,
    }
    required = [parameter.name for parameter in named if parameter.default is inspect.Parameter.empty]
    if endpoint.example or not required:  # else pages make one up from the properties
        schema['default'] = endpoint.example
    return {**schema, 'required': required} if required else schema


def describe_error(text: str) -> Dict[str, Any]:
    fields: Dict[str, Any] = {
        'error': {'type': 'string'},
        'type': {'type': 'string'},
        'detail': {},
        'hint': {'type': 'string'},
        'request_id': {'type': 'string'},
    }
    schema = {'type': 'object', 'properties': fields, 'required': ['error']}
    return {'description': text, 'content': {'application/json': {'schema': schema}}}


def _describe_probe(path: str, text: str) -> Dict[str, Any]:
    return {'tags': ['root'], 'summary': text, 'operationId': path[1:], 'responses': {'200': {'description': 'OK'}}}


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
