"""Messages on their way to an ASGI application on another loop."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Dict, Optional


class Messages:
    """None is lost when the application gives up waiting, as with `asyncio.wait_for`: the next one asking gets it."""

    def __init__(self, receive: Callable[[], Awaitable[Dict[str, Any]]]):
        self._receive = receive
        self._coming: Optional[asyncio.Future] = None

    async def take(self) -> Dict[str, Any]:
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._receive())
        message = await asyncio.shield(self._coming)
        self._coming = None  # only now: whoever is cancelled at the last moment has not got it
        return message

    def close(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
