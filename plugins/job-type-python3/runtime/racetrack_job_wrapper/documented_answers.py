"""What the documentation tells of the answers of a function."""

from __future__ import annotations

import typing
from collections import abc
from typing import Any, Dict

from racetrack_job_wrapper import annotations as hints
from racetrack_job_wrapper.answers import Binary
from racetrack_job_wrapper.json_schema import SchemaWriter
from racetrack_job_wrapper.signature import CallSignature

OCTETS = 'application/octet-stream'
BINARY = {'type': 'string', 'format': 'binary'}

#: Of nothing known, a page would make up an example of its own.
ANY_VALUE = {'schema': {}, 'example': 'any JSON value'}
STREAM = 'Items as they come. A stream that fails midway ends with an error, and its connection is cut'

_STREAMS = (abc.Generator, abc.AsyncGenerator, abc.Iterator, abc.AsyncIterator)


def describe_answer(signature: CallSignature, writer: SchemaWriter, text: str = '') -> Dict[str, Any]:
    """By the return annotation, or because the function yields; `text` is what its author says of the result."""
    annotation = hints.bare(signature.hints.get('return', hints.UNKNOWN))
    kind = typing.get_origin(annotation) or annotation
    if signature.is_generator or kind in _STREAMS:
        return {'description': f'{text}\n\n{STREAM}'.strip(), 'content': _describe_stream(annotation, writer)}
    if isinstance(kind, type) and issubclass(kind, (Binary, bytes)):
        return {'description': text or 'OK', 'content': {OCTETS: {'schema': BINARY}}}
    schema = writer.describe(annotation)
    content = {'application/json': {'schema': schema} if schema else ANY_VALUE}
    return {'description': text or 'OK', 'content': content}


def _describe_stream(annotation: Any, writer: SchemaWriter) -> Dict[str, Any]:
    items = typing.get_args(annotation)
    return {
        # The first is what a page asks for, and it can show no lines of JSON.
        'text/event-stream': {'schema': {'type': 'string'}},
        'application/x-ndjson': {'schema': writer.describe(items[0]) if items else {}},
    }
