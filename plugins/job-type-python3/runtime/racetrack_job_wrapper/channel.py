"""Bytes on their way from the job's code, in whatever thread, to the server's loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from typing import Any, Callable, Deque, List, Optional

#: The job's code waits while so much has not been sent yet: a slow reader must not fill the memory.
MAX_WAITING_BYTES = 256 * 1024


class ChannelClosed(Exception):
    """The caller left: nobody wants the rest."""


class Channel:
    """One producer in any thread or loop, one consumer on the server's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self._loop = loop
        self._lock = threading.Lock()
        self._parts: Deque[bytes] = deque()
        self._bytes = 0
        #: Whether the server's loop has been told of parts that it has not taken yet.
        self._is_told = False
        self._room: Optional['Future[None]'] = None
        self._taker: Optional['asyncio.Future[None]'] = None
        self._is_closed = False
        self._is_finished = False
        self._has_begun = False
        #: What the producer had to say at its end; `None` unless it failed.
        self.failure: Any = None
        #: Called on the server's loop when the consumer leaves.
        self.on_close: List[Callable[[], None]] = []

    def put(self, part: bytes) -> None:
        """From a thread: waits while there is no room. Raises `ChannelClosed`."""
        room = self._offer(part)
        if room is not None:
            room.result()

    async def put_async(self, part: bytes) -> None:
        """From a coroutine of another loop: as `put`."""
        room = self._offer(part)
        if room is not None:
            await asyncio.wrap_future(room)

    def finish(self, failure: Any = None, last_part: bytes = b'') -> None:
        """The producer has nothing more. When it ended early, `failure` says why, and so does the last part.

        The last part follows others only: a failure before any part is the whole answer.
        """
        with self._lock:
            if self._is_finished or self._is_closed:
                return
            self._is_finished, self.failure = True, failure
            if failure is not None and self._has_begun:
                self._parts.append(last_part)
        self._notify()

    @property
    def is_over(self) -> bool:
        """Whether it has ended already, or the consumer has left."""
        return self._is_finished or self._is_closed

    def interrupt(self, failure: Any, last_part: bytes) -> None:
        """Ends it in the producer's place, whose further parts are refused. On the server's loop."""
        self.finish(failure, last_part)
        with self._lock:
            self._make_room()
        for leave in self.on_close:
            leave()

    async def wait_for_first(self) -> bool:
        """Whether there is a part; else it was finished without any. On the server's loop."""
        while True:
            with self._lock:
                if self._parts or self._is_finished or self._is_closed:
                    return bool(self._parts)
                self._taker = self._loop.create_future()
            await self._taker

    async def take(self) -> Optional[bytes]:
        """All that is there, as soon as there is something; `None` at the end. On the server's loop."""
        if not await self.wait_for_first():
            return None
        with self._lock:
            data = b''.join(self._parts)
            self._clear()
        return data

    def close(self) -> None:
        """The consumer leaves: the producer finds out at its next part. On the server's loop."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._clear()
        self._wake()
        for leave in self.on_close:
            leave()

    def _offer(self, part: bytes) -> Optional['Future[None]']:
        with self._lock:
            if self._is_closed or self._is_finished:
                raise ChannelClosed
            self._has_begun = True
            self._parts.append(part)
            self._bytes += len(part)
            if self._bytes >= MAX_WAITING_BYTES:
                self._room = Future()
            room, is_told, self._is_told = self._room, self._is_told, True
        if not is_told:
            self._notify()
        return room

    def _clear(self) -> None:
        self._parts.clear()
        self._bytes, self._is_told = 0, False
        self._make_room()

    def _make_room(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def _notify(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            pass  # the loop is closed: the process is ending

    def _wake(self) -> None:
        taker = self._taker
        if taker is not None and not taker.done():
            taker.set_result(None)
