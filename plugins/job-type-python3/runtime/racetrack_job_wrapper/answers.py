"""Answers that are not JSON: `return Binary(png, 'image/png')`."""

from __future__ import annotations

from typing import Optional, Union
from urllib.parse import quote


class Binary:
    """Bytes that are sent as they are.

    :param content: what to send.
    :param media_type: what it is, such as `image/png`.
    :param filename: makes browsers save it under this name.
    """

    __slots__ = ('content', 'media_type', 'filename')

    def __init__(
        self,
        content: Union[bytes, bytearray, memoryview],
        media_type: str = 'application/octet-stream',
        filename: Optional[str] = None,
    ):
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise TypeError(f'Binary takes bytes, not {type(content).__name__}')
        self.content = bytes(content)
        self.media_type = media_type
        self.filename = filename

    def disposition(self) -> Optional[str]:
        """The header `Content-Disposition` (RFC 6266), `None` without a name."""
        return None if self.filename is None else f"attachment; filename*=UTF-8''{quote(self.filename, safe='')}"
