"""Finds out that the other end of a WebSocket has gone without a word, like a laptop that was closed."""

from __future__ import annotations

import asyncio
from typing import Callable, Optional

#: How often the other end is asked for a sign of life, and how long it may keep silent then.
PING_SECONDS = 20.0


class Pulse:
    """Whatever comes is a sign of life, and so is that it takes what we send, however slowly."""

    def __init__(self, ping: Callable[[], None], give_up: Callable[[], None], count_unsent: Callable[[], int]):
        self._ping = ping
        self._give_up = give_up
        self._count_unsent = count_unsent
        self._timer: Optional[asyncio.TimerHandle] = None
        self._has_heard = True
        self._unsent = 0
        #: While we do not listen, silence says nothing.
        self.is_deaf = False

    def start(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PING_SECONDS, self._beat)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def hear(self) -> None:
        self._has_heard = True

    def _beat(self) -> None:
        unsent = self._count_unsent()
        if not (self._has_heard or self.is_deaf or unsent < self._unsent):
            self._give_up()
            return
        self._has_heard, self._unsent = False, unsent
        self._ping()
        self.start()
