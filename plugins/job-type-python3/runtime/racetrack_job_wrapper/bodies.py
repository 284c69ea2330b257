"""Reads the bodies of calls, no further than they may be long."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, List, Optional

from racetrack_job_wrapper.responses import Response, detail_response

Receive = Callable[[], Awaitable[Dict[str, Any]]]
Headers = Dict[bytes, bytes]


class BodyRefused(Exception):
    """The body is not what a call takes."""

    def to_response(self) -> Response:
        raise NotImplementedError


class BodyInvalid(BodyRefused):
    """The body is not a JSON object, or whatever else the function takes: 422."""

    def __init__(self, kind: str, message: str, error: str):
        super().__init__(error)
        self.kind = kind
        self.message = message

    def to_response(self) -> Response:
        return detail_response(
            422, [{'type': self.kind, 'loc': ['body'], 'msg': self.message}], f'invalid request body: {self}'
        )


class BodyTooLong(BodyRefused):
    """413; the rest of the body is not read, so the connection cannot be used for anything else."""

    def __init__(self, limit: int):
        super().__init__(f'the body is longer than the {limit} bytes that this job takes')

    def to_response(self) -> Response:
        return detail_response(413, 'Request Entity Too Large', str(self), (b'connection', b'close'))


def check_length(headers: Headers, limit: int) -> None:
    """Raises `BodyTooLong` when the caller announces too much."""
    length = headers.get(b'content-length')
    if length is not None and length.isdigit() and int(length) > limit:
        raise BodyTooLong(limit)


async def read_body(receive: Receive, headers: Headers, limit: int) -> Optional[bytes]:
    """The complete body; `None` when the caller left meanwhile. Raises `BodyTooLong`."""
    check_length(headers, limit)
    message = await receive()
    if message['type'] == 'http.disconnect':
        return None
    if not message.get('more_body', False):
        body = message.get('body', b'')
        if len(body) > limit:
            raise BodyTooLong(limit)
        return body
    parts: List[bytes] = [message.get('body', b'')]
    size = len(parts[0])
    while message.get('more_body', False):
        if size > limit:
            raise BodyTooLong(limit)
        message = await receive()
        if message['type'] == 'http.disconnect':
            return None
        parts.append(message.get('body', b''))
        size += len(parts[-1])
    if size > limit:
        raise BodyTooLong(limit)
    return b''.join(parts)


def media_type_of(content_type: Optional[bytes]) -> bytes:
    """The media type without its parameters, in lower case; empty when there is none."""
    return (content_type or b'').partition(b';')[0].strip().lower()
