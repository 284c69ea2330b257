"""How many calls run at once, and how many may wait (`max_concurrency`, `max_concurrency_queue`)."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Deque, Optional


class TooManyRequests(Exception):
    """The queue is full: 429."""


class ConcurrencyLimiter:
    """A semaphore with a bounded queue, first come, first served. Waiting holds no thread."""

    def __init__(self, max_concurrency: int, max_queue: Optional[int]):
        self._max_concurrency = max_concurrency
        self._max_queue = max_queue
        self._running = 0
        self._waiting: Deque[asyncio.Future] = deque()

    def try_acquire(self) -> bool:
        """Takes a place if one is free."""
        if self._running >= self._max_concurrency:
            return False
        self._running += 1
        return True

    def enqueue(self) -> asyncio.Future:
        """A place in the queue; the future ends when the call may run. Raises `TooManyRequests`."""
        if self._max_queue is not None and len(self._waiting) >= self._max_queue:
            raise TooManyRequests(
                'too many requests waiting in a queue. Job is set to process '
                f'{self._max_concurrency} requests concurrently with a queue of max size {self._max_queue}'
            )
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return turn

    def leave(self, turn: asyncio.Future) -> None:
        """Gives up waiting; a place that came meanwhile goes to the next one."""
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled():
            self.release()

    def release(self) -> None:
        """Gives the place to the call that has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._running -= 1
