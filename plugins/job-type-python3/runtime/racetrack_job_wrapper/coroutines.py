"""An event loop of its own for the job's `async def` code, so that code which blocks delays no probe."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Callable, Coroutine, Optional


class UserLoop:
    """Runs coroutines in one background thread, started with the first of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self._loop = loop
        self._user_loop: Optional[asyncio.AbstractEventLoop] = None

    def submit(self, start: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Future:
        """Runs a coroutine function on the other loop; the future on this one ends with its result or exception."""
        future = self._loop.create_future()

        def begin() -> None:
            task = user_loop.create_task(start())
            task.add_done_callback(lambda done: self._loop.call_soon_threadsafe(_settle, future, done))

        user_loop = self._ensure_started()
        user_loop.call_soon_threadsafe(begin)
        return future

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine from a worker thread and waits for it."""
        ready: 'asyncio.Future[Any]' = asyncio.run_coroutine_threadsafe(  # type: ignore[assignment]
            coroutine, self._ensure_started()
        )
        return ready.result()

    def _ensure_started(self) -> asyncio.AbstractEventLoop:
        with _starting:
            if self._user_loop is None:
                self._user_loop = asyncio.SelectorEventLoop()
                threading.Thread(target=self._user_loop.run_forever, name='user-loop', daemon=True).start()
            return self._user_loop


_starting = threading.Lock()


def _settle(future: asyncio.Future, task: asyncio.Task) -> None:
    if future.done():
        return
    if task.cancelled():
        future.set_exception(RuntimeError('the call was cancelled by the job itself'))
        return
    error = task.exception()
    if error is None:
        future.set_result(task.result())
    else:
        future.set_exception(error)
