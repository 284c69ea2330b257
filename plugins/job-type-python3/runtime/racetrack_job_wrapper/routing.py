"""Splits a path into the prefix under which the job was reached and the job's own path."""

from __future__ import annotations

from functools import lru_cache
from typing import Tuple

#: A job answers at the root (probes) and below these, for any name and any version (calls through pub).
PREFIXES = ('/pub/job/', '/pub/fatman/')


@lru_cache(maxsize=256)
def split_prefix(path: str) -> Tuple[str, str]:
    """`/pub/job/adder/1.x/live` becomes `('/pub/job/adder/1.x', '/live')`; a bare prefix leaves an empty path."""
    if not path.startswith(PREFIXES):
        return '', path
    name_start = path.index('/', 5) + 1
    name_end = path.find('/', name_start)
    if name_end <= name_start:
        return '', path
    version_end = path.find('/', name_end + 1)
    if version_end == name_end + 1 or name_end + 1 == len(path):
        return '', path
    return (path, '') if version_end == -1 else (path[:version_end], path[version_end:])
