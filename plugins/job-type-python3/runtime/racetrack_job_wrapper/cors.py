"""Cross-origin access: pages of other sites may call jobs with a token in a header, never with a browser's session."""

from __future__ import annotations

from typing import Dict, List

from racetrack_job_wrapper.responses import TEXT, Header, Response


#: Without credentials: browsers send no cookie along, and keep the answer to a request with one from the page.
ALLOW_ORIGIN: List[Header] = [(b'access-control-allow-origin', b'*')]


def answer_preflight(headers: Dict[bytes, bytes]) -> Response:
    asked = headers.get(b'access-control-request-headers')
    allowed: List[Header] = [
        (b'access-control-allow-methods', b'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'),
        (b'access-control-max-age', b'600'),
    ]
    if asked is not None:
        allowed.append((b'access-control-allow-headers', asked))
    return Response(200, b'OK', [TEXT, *allowed])


def is_preflight(method: str, headers: Dict[bytes, bytes]) -> bool:
    return method == 'OPTIONS' and b'access-control-request-method' in headers and b'origin' in headers
