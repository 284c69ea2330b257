"""Cross-origin access: jobs are called from pages of other sites, with credentials (as they always could)."""

from __future__ import annotations

from typing import Dict, List

from racetrack_job_wrapper.responses import TEXT, Header, Response


def allow_origin(origin: bytes) -> List[Header]:
    return [
        (b'access-control-allow-origin', origin),
        (b'access-control-allow-credentials', b'true'),
        (b'vary', b'Origin'),
    ]


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
