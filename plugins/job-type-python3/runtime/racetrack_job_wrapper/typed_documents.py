"""OpenAPI operations of typed endpoints (`auxiliary_endpoints_v2`)."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from racetrack_job_wrapper.docstrings import read_docstring
from racetrack_job_wrapper.documented_answers import describe_answer
from racetrack_job_wrapper.json_schema import SchemaWriter, is_showable
from racetrack_job_wrapper.typed_endpoint import BODY, TypedEndpoint, TypedParameter

#: Options of an endpoint that its documentation shows as they are.
SHOWN_OPTIONS = ('tags', 'summary', 'description', 'deprecated')


def describe_typed_endpoint(
    endpoint: TypedEndpoint, writer: SchemaWriter, describe_error: Callable[[str], Any]
) -> Dict[str, Any]:
    documentation = read_docstring(endpoint.function, {each.name for each in endpoint.parameters})
    texts = documentation.parameters
    action = f'Call auxiliary endpoint: {endpoint.path}'
    operation: Dict[str, Any] = {
        'tags': ['API'],
        'summary': documentation.summary or action,
        'description': documentation.text or action,
        'operationId': f'auxiliary_endpoint_{endpoint.method.lower()}_{endpoint.path.replace("/", "_")}',
        'responses': {
            '200': describe_answer(endpoint.signature, writer, documentation.returns),
            '422': describe_error('The input does not fit'),
            '500': describe_error('The job failed'),
        },
    }
    operation.update({name: endpoint.options[name] for name in SHOWN_OPTIONS if endpoint.options.get(name) is not None})
    in_address = [each for each in endpoint.parameters if each.source != BODY]
    if in_address:
        operation['parameters'] = [_describe_parameter(each, texts, writer) for each in in_address]
    in_body = [each for each in endpoint.parameters if each.source == BODY]
    if in_body:
        is_object = endpoint.embeds_body
        schema = _describe_members(in_body, texts, writer) if is_object else _describe_value(in_body[0], texts, writer)
        is_required = any(each.is_required for each in in_body)
        operation['requestBody'] = {'required': is_required, 'content': {'application/json': {'schema': schema}}}
    return operation


def documented_path(endpoint: TypedEndpoint) -> str:
    return f'/api/v1{endpoint.path}'.replace(':path}', '}')


def _describe_parameter(parameter: TypedParameter, texts: Dict[str, str], writer: SchemaWriter) -> Dict[str, Any]:
    return {
        'name': parameter.name,
        'in': parameter.source,
        'required': parameter.is_required or parameter.source == 'path',
        'schema': _describe_value(parameter, texts, writer),
    }


def _describe_members(parameters: List[TypedParameter], texts: Dict[str, str], writer: SchemaWriter) -> Dict[str, Any]:
    return {
        'type': 'object',
        'properties': {each.name: _describe_value(each, texts, writer) for each in parameters},
        'required': [each.name for each in parameters if each.is_required],
    }


def _describe_value(parameter: TypedParameter, texts: Dict[str, str], writer: SchemaWriter) -> Dict[str, Any]:
    schema = writer.describe(parameter.annotation)
    if parameter.name in texts:
        schema = {**schema, 'description': texts[parameter.name]}
    if parameter.is_required or not is_showable(parameter.default):
        return schema
    return {**schema, 'default': parameter.default}
