"""Answers, ready to be sent."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from racetrack_job_wrapper.encoding import encode_json

Header = Tuple[bytes, bytes]

JSON = (b'content-type', b'application/json')
TEXT = (b'content-type', b'text/plain; charset=utf-8')
HTML = (b'content-type', b'text/html; charset=utf-8')
#: The Prometheus text format.
METRICS = (b'content-type', b'text/plain; version=0.0.4; charset=utf-8')


class Response:
    __slots__ = ('status', 'headers', 'body')

    def __init__(self, status: int, body: bytes, headers: List[Header]):
        self.status = status
        self.body = body
        #: Without `content-length` and `date`, which are added when it is sent.
        self.headers = headers


def json_response(value: Any, status: int = 200, headers: Tuple[Header, ...] = ()) -> Response:
    return Response(status, encode_json(value), [JSON, *headers])


def detail_response(status: int, detail: Any, error: Optional[str] = None, *headers: Header) -> Response:
    """An error of the HTTP kind: `detail` as web frameworks write it, `error` as all other errors have it."""
    return json_response({'detail': detail, 'error': error or detail}, status, headers)


def redirect(location: str) -> Response:
    """307 to a relative reference, so that whatever prefix and version alias the caller used stays."""
    return Response(307, b'', [(b'location', location.encode('ascii', 'replace'))])


def from_framework_response(value: Any) -> Optional[Response]:
    """Takes over a Starlette or FastAPI `Response` that the job returned; `None` for anything else."""
    headers, body, status = (getattr(value, name, None) for name in ('raw_headers', 'body', 'status_code'))
    if not isinstance(headers, list) or not isinstance(body, bytes) or not isinstance(status, int):
        return None
    return Response(status, body, [(name, text) for name, text in headers if name.lower() != b'content-length'])
