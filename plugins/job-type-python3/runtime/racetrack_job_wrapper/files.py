"""Files that a caller sends in a form (`multipart/form-data`), as the job's code gets them."""

from __future__ import annotations

import io
from typing import Any, BinaryIO, Iterator, Optional


class UploadedFile:
    """One file of a form. It lives as long as the call that brought it."""

    __slots__ = ('name', 'content_type', 'file', 'size')

    def __init__(self, name: str, content_type: Optional[str], file: BinaryIO, size: int):
        #: As the caller named it: text from outside, never a path to write to.
        self.name = name
        #: What the caller says that it is, such as `image/png`.
        self.content_type = content_type
        #: The content, open for reading; in memory or, when it is large, in a temporary file.
        self.file = file
        #: In bytes.
        self.size = size

    @property
    def filename(self) -> str:
        """The name that web frameworks have for `name`."""
        return self.name

    def read(self, size: int = -1) -> bytes:
        """The next bytes, all by default."""
        return self.file.read(size)

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        self.file.seek(position, whence)
        return self.file.tell()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.file)

    def __repr__(self) -> str:
        return f'UploadedFile(name={self.name!r}, content_type={self.content_type!r}, size={self.size})'


def is_uploaded_file(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, UploadedFile)
