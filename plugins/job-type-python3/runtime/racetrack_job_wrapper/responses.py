"""Answers, ready to be sent."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from racetrack_job_wrapper.channel import Channel
from racetrack_job_wrapper.encoding import encode_json

Header = Tuple[bytes, bytes]

JSON = (b'content-type', b'application/json')
TEXT = (b'content-type', b'text/plain; charset=utf-8')
HTML = (b'content-type', b'text/html; charset=utf-8')
#: The Prometheus text format.
METRICS = (b'content-type', b'text/plain; version=0.0.4; charset=utf-8')

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb'[\x00-\x08\x0a-\x1f\x7f]')


def check_head(status: int, headers: Iterable[Tuple[Any, Any]]) -> None:
    """Raises `RuntimeError` for what cannot stand at the head of an answer: the server would drop the connection."""
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise RuntimeError(f'an answer cannot have the status {status!r}; it is a number from 200 to 599')
    for name, value in headers:
        if not isinstance(name, bytes) or not _NAME.fullmatch(name):
            raise RuntimeError(f'an answer cannot have a header with the name {name!r}')
        if not isinstance(value, bytes) or _CONTROL.search(value):
            raise RuntimeError(f'the header {name.decode()} holds a control character, such as a line break')


class Response:
    __slots__ = ('status', 'headers', 'body', 'error')

    def __init__(self, status: int, body: bytes, headers: List[Header], error: Optional[Dict[str, Any]] = None):
        self.status = status
        self.body = body
        #: Without `content-length` and `date`, which are added when it is sent.
        self.headers = headers
        #: What the body says, when it is an error in the shape that all errors have.
        self.error = error

    def add_request_id(self, request_id: str) -> None:
        """Names the request in an error, so that its author finds it in the log."""
        if self.error is not None:
            self.error = {**self.error, 'request_id': request_id}
            self.body = encode_json(self.error)


class StreamBroken(Exception):
    """A stream has failed midway: its connection is cut, so that no client takes what it got for all."""


class StreamResponse:
    """An answer whose parts are sent as they come."""

    __slots__ = ('status', 'headers', 'channel', 'on_end')

    def __init__(self, status: int, headers: List[Header], channel: Channel):
        self.status = status
        self.headers = headers
        self.channel = channel
        #: Called once the last part was sent, or the caller left.
        self.on_end: Callable[[], None] = _nothing


def json_response(value: Any, status: int = 200, headers: Tuple[Header, ...] = ()) -> Response:
    return Response(status, encode_json(value), [JSON, *headers])


def error_response(status: int, error: Dict[str, Any], headers: Tuple[Header, ...] = ()) -> Response:
    """An error in the shape that all have: an object with `error`, a sentence."""
    return Response(status, encode_json(error), [JSON, *headers], error)


def detail_response(status: int, detail: Any, error: Optional[str] = None, *headers: Header) -> Response:
    """An error of the HTTP kind: `detail` as web frameworks write it, `error` as all other errors have it."""
    return error_response(status, {'detail': detail, 'error': error or detail}, headers)


def redirect(location: str) -> Response:
    """307 to a relative reference, so that whatever prefix and version alias the caller used stays."""
    return Response(307, b'', [(b'location', location.encode('ascii', 'replace'))])


def from_framework_response(value: Any) -> Optional[Response]:
    """Takes over a Starlette or FastAPI `Response` that the job returned; `None` for anything else.

    Raises `RuntimeError` when it cannot be sent.
    """
    headers, body, status = (getattr(value, name, None) for name in ('raw_headers', 'body', 'status_code'))
    if not isinstance(headers, list) or not isinstance(body, bytes) or not isinstance(status, int):
        return None
    check_head(status, headers)
    return Response(status, body, [(name, text) for name, text in headers if name.lower() != b'content-length'])


def _nothing() -> None:
    pass
