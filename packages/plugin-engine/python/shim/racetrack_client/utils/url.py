from __future__ import annotations


def join_paths(*parts: str) -> str:
    """Joins with single slashes; the first slash and the last are those of the first and the last part."""
    inner = [part.strip('/') for part in parts]
    joined = '/'.join(part for part in inner if part)
    start = '/' if parts and parts[0].startswith('/') else ''
    end = '/' if joined and parts[-1].endswith('/') else ''
    return start + joined + end
