"""What has come over a WebSocket and was not yet taken."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Deque, Dict, Optional, Tuple

Message = Dict[str, Any]

#: With more than this waiting, the rest is left to wait at the caller's.
HIGH_WATER_BYTES = 64 * 1024
#: What a message takes beside its bytes, so that many empty ones count, too.
MESSAGE_BYTES = 512


class Disconnected(ConnectionError):
    """Nobody is at the other end; the specification of ASGI asks for an `OSError`."""


class Inbox:
    """Messages in their order; the last one is that of the end."""

    def __init__(self) -> None:
        self._messages: Deque[Tuple[Message, int]] = deque()
        self._size = 0
        self._has_ended = False
        self._arrival = asyncio.Event()

    @property
    def is_full(self) -> bool:
        return self._size > HIGH_WATER_BYTES

    def put(self, message: Message, size: int = 0) -> None:
        if not self._has_ended:
            self._messages.append((message, size + MESSAGE_BYTES))
            self._size += size + MESSAGE_BYTES
            self._arrival.set()

    def end(self, code: int, reason: Optional[str] = None) -> None:
        """What comes after the first end is of no interest."""
        self.put({'type': 'websocket.disconnect', 'code': code, 'reason': reason or ''})
        self._has_ended = True

    async def take(self) -> Message:
        """Raises `Disconnected` to whoever goes on after the end, so that no loop waits, or turns, for ever."""
        while not self._messages:
            if self._has_ended:
                raise Disconnected('the WebSocket is closed')
            self._arrival.clear()
            await self._arrival.wait()
        message, size = self._messages.popleft()
        self._size -= size
        return message
