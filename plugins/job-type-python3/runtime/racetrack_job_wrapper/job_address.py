"""Addresses of other jobs, which nothing in a name, a version or a path may lead out of.

Calls carry the token of the calling job: a path such as `/../../other` must not choose where that goes.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_PART_BREAKERS = re.compile(r'[/\\?#\x00-\x1f\x7f-\x9f]')
_PATH_BREAKERS = re.compile(r'[\\\x00-\x1f\x7f-\x9f]')
_DOTS = ('.', '..')


def compose_job_address(name: str, version: str, path: str) -> str:
    """The address below `/job/`, with the query of `path`. Raises `ValueError` for what would leave the job."""
    return f'{_encode_part("name", name)}/{_encode_part("version", version)}/{_check_path(path)}'


def _encode_part(what: str, part: str) -> str:
    plain = _decode(part)
    if not part or plain in _DOTS or _PART_BREAKERS.search(plain):
        raise ValueError(
            f'the {what} of the job to call may not be empty, "." or "..", '
            f'and may hold no "/", "\\", "?", "#" or control character: {part!r}'
        )
    return quote(part, safe='')


def _check_path(path: str) -> str:
    plain = _decode(re.split('[?#]', path, maxsplit=1)[0])
    if _PATH_BREAKERS.search(plain) or any(segment in _DOTS for segment in plain.split('/')):
        raise ValueError(
            f'the path of the job to call may hold no segment "." or "..", no "\\" and no control character: {path!r}'
        )
    return path.lstrip('/')


def _decode(text: str) -> str:
    """Without percent codes, and without those that come to light when others are gone."""
    plain = unquote(text, 'latin-1')
    while plain != text:
        text, plain = plain, unquote(plain, 'latin-1')
    return plain
