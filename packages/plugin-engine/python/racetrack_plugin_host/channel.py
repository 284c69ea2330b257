"""JSON lines on standard input and output, which plugins cannot write into."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any, Iterator

# As in protocol.ts.
MAX_LINE_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


class Channel:
    """The platform's side of this process."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._lock = threading.Lock()
        self._lines = self._read()

    @classmethod
    def take_standard_streams(cls) -> Channel:
        """Keeps standard input and output for the protocol: what a plugin prints goes to standard error."""
        read_fd, write_fd = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        return cls(read_fd, write_fd)

    def send(self, message: dict) -> None:
        """Writes one line, whole, whichever thread calls.

        Raises TypeError or ValueError when the message holds what JSON cannot say, before anything is written.
        """
        # A lone surrogate would be no UTF-8; escaped it is the reader's to judge.
        line = json.dumps(message, allow_nan=False, ensure_ascii=True).encode('ascii') + b'\n'
        if len(line) > MAX_LINE_BYTES:
            raise ValueError(f'{len(line)} bytes are more than a line may have ({MAX_LINE_BYTES})')
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[os.write(self._write_fd, view) :]

    def read(self) -> Iterator[Any]:
        """Yields each line parsed; ``None`` for one that is no JSON or too long. Ends with the platform."""
        return self._lines

    def _read(self) -> Iterator[Any]:
        rest = b''
        is_skipping = False
        while piece := os.read(self._read_fd, _PIECE_BYTES):
            *lines, rest = (rest + piece).split(b'\n')
            for line in lines:
                if is_skipping:
                    is_skipping = False
                elif line.strip():
                    yield _parse(line)
            if len(rest) > MAX_LINE_BYTES and not is_skipping:
                is_skipping = True
                yield None
            if is_skipping:
                rest = b''


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
