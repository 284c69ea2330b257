"""Turns the body of a call into named arguments."""

from __future__ import annotations

from json import JSONDecoder, detect_encoding
from typing import Any, Dict, NoReturn, Optional

from racetrack_job_wrapper.bodies import BodyInvalid, media_type_of
from racetrack_job_wrapper.large_json import WINDOW, LargeReader

__all__ = ['BodyInvalid', 'is_json', 'parse_arguments']


def parse_arguments(body: bytes, content_type: Optional[bytes]) -> Dict[str, Any]:
    """Parses a JSON object. An empty body and `null` are an object without members, never the documented example."""
    value = parse_json(body, content_type)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BodyInvalid(
            'dict_type', 'Input should be a valid dictionary', 'a JSON object of named arguments is expected'
        )
    return value


def parse_json(body: bytes, content_type: Optional[bytes]) -> Any:
    """The value of a body; `None` for an empty one. Raises `BodyInvalid`."""
    if not body:
        return None
    if content_type is not None and content_type != b'application/json' and not is_json(content_type):
        shown = content_type.decode('latin-1')
        raise BodyInvalid(
            'dict_type',
            'Input should be a valid dictionary',
            f'a JSON object is expected, but Content-Type is {shown}; send Content-Type: application/json',
        )
    try:
        return _parse(body)
    except (ValueError, RecursionError) as error:
        raise BodyInvalid('json_invalid', f'JSON decode error: {error}', f'malformed JSON: {error}') from None


def _parse(body: bytes) -> Any:
    try:
        return _decode(body.decode())
    except ValueError:  # a byte order mark or UTF-16, unless it is wrong
        return _decode(body.decode(detect_encoding(body), 'surrogatepass'))


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f'{word} is not JSON; send null for a missing number')


def _decode(text: str) -> Any:
    return _decoder.decode(text) if len(text) <= WINDOW else LargeReader(_decoder, text).read()


_decoder = JSONDecoder(parse_constant=_refuse_constant)


def is_json(content_type: bytes) -> bool:
    media_type = media_type_of(content_type)
    return media_type == b'application/json' or (
        media_type.startswith(b'application/') and media_type.endswith(b'+json')
    )
