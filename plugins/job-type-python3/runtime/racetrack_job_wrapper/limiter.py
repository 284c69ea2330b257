"""How many calls run at once, and how many may wait (`max_concurrency`, its queue, `max_inflight_requests`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Deque, Iterator, Optional


class TooManyRequests(Exception):
    """There is no place for a call: 429."""


class ConcurrencyLimiter:
    """A semaphore with a bounded queue, first come, first served. Waiting holds no thread. `None`: without bound."""

    def __init__(
        self, max_concurrency: Optional[int], max_queue: Optional[int] = None, max_inflight: Optional[int] = None
    ):
        self._max_concurrency = max_concurrency
        self._max_queue = max_queue
        self._max_inflight = max_inflight
        self._running = 0
        #: Calls whose bodies are still on their way.
        self._arriving = 0
        self._waiting: Deque[asyncio.Future] = deque()

    @property
    def running(self) -> int:
        return self._running

    def enter(self) -> Optional[asyncio.Future]:
        """Takes a place: `None` when the call may run at once, else a future that ends when it may.

        Raises `TooManyRequests`.
        """
        self._check_inflight()
        if self._max_concurrency is None or self._running < self._max_concurrency:
            self._running += 1
            return None
        if self._max_queue is not None and len(self._waiting) >= self._max_queue:
            raise TooManyRequests(
                'too many requests waiting in a queue. Job is set to process '
                f'{self._max_concurrency} requests concurrently with a queue of max size {self._max_queue}'
            )
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return turn

    @contextlib.contextmanager
    def arriving(self) -> Iterator[None]:
        """Counts a call as in flight while its body is read; `enter` follows at once. Raises `TooManyRequests`."""
        self._check_inflight()
        self._arriving += 1
        try:
            yield
        finally:
            self._arriving -= 1

    def _check_inflight(self) -> None:
        if self._max_inflight is not None and self._running + len(self._waiting) + self._arriving >= self._max_inflight:
            raise TooManyRequests(
                f'too many requests in flight. Job is set to take {self._max_inflight} requests at once, '
                'running and waiting'
            )

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
