"""Puts the frames of a WebSocket together to messages."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from racetrack_job_wrapper.cli import VENDOR_DIR
from racetrack_job_wrapper.vendoring import import_private

Opcode = import_private(VENDOR_DIR, 'websockets.frames').Opcode
#: Others are about the connection, and answered by the library.
CONTENT = frozenset((Opcode.TEXT, Opcode.BINARY, Opcode.CONT))
#: A shorter part of a message makes more work than its bytes justify.
CRUMB_BYTES = 32


def is_crumb(frame: Any) -> bool:
    """Whether the frame brings no message nearer to its end, or hardly: about the connection, or a tiny part."""
    return frame.opcode not in CONTENT or not frame.fin and len(frame.data) < CRUMB_BYTES


class MessageReader:
    """The library sees to the order of the frames, and to the length of what they make."""

    def __init__(self) -> None:
        self._is_text = False
        #: Of a message in fragments. In one piece: a list of empty fragments would have no bound.
        self._begun: Optional[bytearray] = None

    def read(self, frame: Any) -> Optional[Tuple[Dict[str, Any], int]]:
        """A complete message and its bytes, or `None`; raises `UnicodeDecodeError` for a text that is none."""
        if frame.opcode not in CONTENT:
            return None
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        content = frame.data
        if self._begun is not None or not frame.fin:
            self._begun = bytearray() if self._begun is None else self._begun
            self._begun += content
            if not frame.fin:
                return None
            content, self._begun = self._begun, None
        key, value = ('text', str(content, 'utf-8')) if self._is_text else ('bytes', bytes(content))
        return {'type': 'websocket.receive', key: value}, len(content)
