"""What the documentation tells of a function beside its input: a summary, and what kind of answer it gives."""

from __future__ import annotations

import typing
from collections import abc
from typing import Any, Dict

from racetrack_job_wrapper import annotations as hints
from racetrack_job_wrapper.answers import Binary
from racetrack_job_wrapper.signature import CallSignature

#: What fits beside an address in a list of them.
SUMMARY_LENGTH = 120

OCTETS = 'application/octet-stream'
BINARY = {'type': 'string', 'format': 'binary'}

JSON_ANSWER = {'description': 'OK', 'content': {'application/json': {'schema': {}}}}
BINARY_ANSWER = {'description': 'OK', 'content': {OCTETS: {'schema': BINARY}}}
STREAM_ANSWER = {
    'description': 'Items as they come: events for those who accept text/event-stream, else lines of JSON',
    'content': {'text/event-stream': {'schema': {}}, 'application/x-ndjson': {'schema': {}}},
}

_STREAMS = (abc.Generator, abc.AsyncGenerator, abc.Iterator, abc.AsyncIterator)


def summarise(text: str) -> str:
    """The first line of a documentation, cut short."""
    line = text.strip().partition('\n')[0].strip()
    return line if len(line) <= SUMMARY_LENGTH else f'{line[: SUMMARY_LENGTH - 1].rstrip()}…'


def describe_answer(signature: CallSignature) -> Dict[str, Any]:
    """By the return annotation, or because the function yields."""
    annotation = hints.bare(signature.hints.get('return'))
    kind = typing.get_origin(annotation) or annotation
    if signature.is_generator or kind in _STREAMS:
        return STREAM_ANSWER
    if isinstance(kind, type) and issubclass(kind, (Binary, bytes)):
        return BINARY_ANSWER
    return JSON_ANSWER
