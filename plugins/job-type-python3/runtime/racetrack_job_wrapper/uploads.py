"""Reads forms (`multipart/form-data`, RFC 7578) part by part; large files go to the disk, not into the memory.

This module is imported while the wrapper's private packages are visible.
"""

from __future__ import annotations

import logging
import tempfile
from typing import Any, Dict, Optional, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from racetrack_job_wrapper.bodies import BodyInvalid, BodyTooLong, Headers, Receive, check_length
from racetrack_job_wrapper.files import UploadedFile
from racetrack_job_wrapper.pool import WorkerPool

#: A longer file waits on the disk for the job to read it.
MEMORY_FILE_BYTES = 1024 * 1024
MAX_PARTS = 1000

_silent = logging.Logger('racetrack.forms', logging.CRITICAL + 1)


async def read_form(receive: Receive, headers: Headers, limit: int, pool: WorkerPool) -> Optional[Dict[str, Any]]:
    """Fields as text and files as `UploadedFile`, by name; of a name that repeats, a list.

    `None` when the caller left meanwhile. Raises `BodyTooLong` and `BodyInvalid`.
    """
    check_length(headers, limit)
    form = Form(headers[b'content-type'])
    size = 0
    while True:
        message = await receive()
        if message['type'] == 'http.disconnect':
            return None
        part = message.get('body', b'')
        size += len(part)
        if size > limit:
            raise BodyTooLong(limit)
        if part:
            await pool.submit(form.feed, part)
        if not message.get('more_body', False):
            return form.finish()


class Form:
    """A form as far as it has come."""

    def __init__(self, content_type: bytes):
        boundary = parse_options_header(content_type)[1].get(b'boundary')
        if not boundary:
            raise _invalid('its Content-Type has no boundary')
        self._arguments: Dict[str, Any] = {}
        self._parts = 0
        self._is_complete = False
        self._headers: Dict[bytes, bytes] = {}
        self._name, self._value = b'', b''
        self._file: Any = None
        self._text = bytearray()
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise _invalid(str(error)) from None
        self._parser.logger = _silent  # what is wrong goes to the caller

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _invalid(str(error)) from None

    def finish(self) -> Dict[str, Any]:
        if not self._is_complete:
            raise _invalid('it ends before its last boundary')
        return self._arguments

    def _callbacks(self) -> Any:
        return {
            'on_part_begin': self._begin_part,
            'on_header_field': self._extend_name,
            'on_header_value': self._extend_value,
            'on_header_end': self._end_header,
            'on_headers_finished': self._begin_content,
            'on_part_data': self._add_content,
            'on_part_end': self._end_part,
            'on_end': self._end,
        }

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _invalid(f'it has more than {MAX_PARTS} parts')
        self._headers, self._file, self._text = {}, None, bytearray()

    def _extend_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _extend_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name, self._value = b'', b''

    def _begin_content(self) -> None:
        self._options = parse_options_header(self._headers.get(b'content-disposition'))[1]
        if b'name' not in self._options:
            raise _invalid('a part has no name')
        if b'filename' in self._options:
            self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_FILE_BYTES)

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            self._text += data[start:end]
        else:
            self._file.write(data[start:end])

    def _end_part(self) -> None:
        name = self._options[b'name'].decode('utf-8', 'replace')
        value = self._read_text(name) if self._file is None else self._read_file()
        if name not in self._arguments:
            self._arguments[name] = value
        elif isinstance(self._arguments[name], list):
            self._arguments[name].append(value)
        else:
            self._arguments[name] = [self._arguments[name], value]

    def _read_text(self, name: str) -> str:
        try:
            return self._text.decode()
        except UnicodeDecodeError:
            raise _invalid(f'the field {name!r} is not UTF-8; send it as a file') from None

    def _read_file(self) -> UploadedFile:
        size = self._file.tell()
        self._file.seek(0)
        content_type = self._headers.get(b'content-type')
        return UploadedFile(
            self._options[b'filename'].decode('utf-8', 'replace'),
            None if content_type is None else content_type.decode('latin-1'),
            cast(Any, self._file),
            size,
        )

    def _end(self) -> None:
        self._is_complete = True


def _invalid(reason: str) -> BodyInvalid:
    return BodyInvalid('form_invalid', f'malformed form: {reason}', f'malformed form: {reason}')
