"""A folder whose files are served as they are, with all that browsers ask for: caching, ranges, `HEAD`."""

from __future__ import annotations

import os
import re
from email.utils import formatdate, parsedate_to_datetime
from typing import Any, Awaitable, BinaryIO, Callable, Dict, List, NamedTuple, Optional, Tuple

from racetrack_job_wrapper.runtime import JobRuntime
from racetrack_job_wrapper.static_files import content_type_of

Send = Callable[[Dict[str, Any]], Awaitable[None]]

PART_BYTES = 256 * 1024


class StaticFolder:
    def __init__(self, folder: str):
        self._root = os.path.realpath(folder)

    async def answer(self, scope: Dict[str, Any], send: Send, name: str, runtime: JobRuntime) -> bool:
        """Whether the folder has such a file, which then is sent."""
        if scope['method'] not in ('GET', 'HEAD'):
            return False
        opened = await runtime.pool.submit(self._open, name)
        if opened is None:
            return False
        file, head = opened
        try:
            answer = compose_answer(head, dict(scope['headers']))
            await send({'type': 'http.response.start', 'status': answer.status, 'headers': answer.headers})
            remaining = 0 if scope['method'] == 'HEAD' else answer.length
            file.seek(answer.start)
            while remaining > 0:
                part = await runtime.pool.submit(file.read, min(PART_BYTES, remaining))
                if not part:  # it became shorter: the server ends the connection
                    return True
                remaining -= len(part)
                await send({'type': 'http.response.body', 'body': part, 'more_body': True})
            await send({'type': 'http.response.body', 'body': b''})
        finally:
            file.close()
        return True

    def _open(self, name: str) -> Optional[Tuple[BinaryIO, 'FileHead']]:
        if '\0' in name or '\\' in name:
            return None
        path = os.path.realpath(os.path.join(self._root, name))
        # Links and dots must not lead out.
        if os.path.commonpath([path, self._root]) != self._root or not os.path.isfile(path):
            return None
        try:
            file = open(path, 'rb')
        except OSError:
            return None
        stat = os.fstat(file.fileno())
        return file, FileHead(stat.st_size, stat.st_mtime, content_type_of(path))


class FileHead(NamedTuple):
    size: int
    #: Unix seconds.
    modified: float
    content_type: bytes

    @property
    def etag(self) -> bytes:
        return b'"%x-%x"' % (int(self.modified * 1000), self.size)


class FileAnswer(NamedTuple):
    status: int
    headers: List[Tuple[bytes, bytes]]
    start: int
    #: Bytes of the body.
    length: int


def compose_answer(head: FileHead, asked: Dict[bytes, bytes]) -> FileAnswer:
    """Chooses between all of a file, one range of it, and the news that the caller has it (RFC 9110, 13 and 14)."""
    common = [
        (b'etag', head.etag),
        (b'last-modified', formatdate(head.modified, usegmt=True).encode()),
        (b'cache-control', b'no-cache'),
        (b'accept-ranges', b'bytes'),
    ]
    if _is_unchanged(head, asked):
        return FileAnswer(304, common, 0, 0)
    common.append((b'content-type', head.content_type))
    wanted = _read_range(asked.get(b'range'), head.size) if asked.get(b'if-range') in (None, head.etag) else None
    if wanted is None:
        return FileAnswer(200, [*common, (b'content-length', b'%d' % head.size)], 0, head.size)
    start, end = wanted
    if start >= end:
        refused = [(b'content-range', b'bytes */%d' % head.size), (b'content-length', b'0')]
        return FileAnswer(416, refused, 0, 0)
    placed = [(b'content-range', b'bytes %d-%d/%d' % (start, end - 1, head.size))]
    return FileAnswer(206, [*common, *placed, (b'content-length', b'%d' % (end - start))], start, end - start)


def _is_unchanged(head: FileHead, asked: Dict[bytes, bytes]) -> bool:
    known = asked.get(b'if-none-match')
    if known is not None:
        return known.strip() == b'*' or head.etag in [tag.strip().removeprefix(b'W/') for tag in known.split(b',')]
    since = asked.get(b'if-modified-since')
    if since is None:
        return False
    try:
        return int(head.modified) <= parsedate_to_datetime(since.decode('latin-1')).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return False


def _read_range(text: Optional[bytes], size: int) -> Optional[Tuple[int, int]]:
    """First byte and the one behind the last; `None` to send everything, as for several ranges."""
    match = re.fullmatch(rb'bytes=(\d{0,18})-(\d{0,18})', (text or b'').strip())
    if match is None or match.group() == b'bytes=-':
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    end = size if not last else min(size, int(last) + 1)
    return (int(first), end) if not last or int(last) >= int(first) else None
