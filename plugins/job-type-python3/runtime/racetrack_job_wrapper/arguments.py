"""Turns the body of a call into named arguments."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from racetrack_job_wrapper.responses import Response, detail_response


class BodyInvalid(Exception):
    """The body is not a JSON object: 422."""

    def __init__(self, kind: str, message: str, error: str):
        super().__init__(error)
        self.kind = kind
        self.message = message

    def to_response(self) -> Response:
        return detail_response(
            422, [{'type': self.kind, 'loc': ['body'], 'msg': self.message}], f'invalid request body: {self}'
        )


def parse_arguments(body: bytes, content_type: Optional[bytes]) -> Dict[str, Any]:
    """Parses a JSON object. An empty body and `null` are an object without members, never the documented example."""
    if not body:
        return {}
    if content_type is not None and content_type != b'application/json' and not is_json(content_type):
        shown = content_type.decode('latin-1')
        raise BodyInvalid(
            'dict_type',
            'Input should be a valid dictionary',
            f'a JSON object is expected, but Content-Type is {shown}; send Content-Type: application/json',
        )
    try:
        value = _parse(body)
    except (ValueError, RecursionError) as error:
        raise BodyInvalid('json_invalid', f'JSON decode error: {error}', f'malformed JSON: {error}') from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BodyInvalid(
            'dict_type', 'Input should be a valid dictionary', 'a JSON object of named arguments is expected'
        )
    return value


def _parse(body: bytes) -> Any:
    try:
        return _decode(body.decode())
    except ValueError:
        return json.loads(body)  # slower, knows byte order marks and UTF-16, or explains what is wrong


_decode = json.JSONDecoder().decode


def is_json(content_type: bytes) -> bool:
    media_type = content_type.partition(b';')[0].strip().lower()
    return media_type == b'application/json' or (
        media_type.startswith(b'application/') and media_type.endswith(b'+json')
    )
