"""An event loop of its own for the job's `async def` code, so that code which blocks delays no probe."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Callable, Coroutine, Optional


class UserTask:
    """A coroutine of the job that runs on its loop."""

    __slots__ = ('future', '_loop', '_task')

    def __init__(self, future: asyncio.Future, loop: asyncio.AbstractEventLoop):
        #: On the server's loop; ends when the coroutine has really ended.
        self.future = future
        self._loop = loop
        self._task: Optional[asyncio.Task] = None

    def begin(self, start: Callable[[], Coroutine[Any, Any, Any]], on_done: Callable[[asyncio.Task], None]) -> None:
        self._task = self._loop.create_task(start())
        self._task.add_done_callback(on_done)

    def cancel(self) -> None:
        """Asks it to end; the future tells when it has. From any thread."""
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


class UserLoop:
    """Runs coroutines in one background thread, started with the first of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self._loop = loop
        self._user_loop: Optional[asyncio.AbstractEventLoop] = None

    def start(self, start: Callable[[], Coroutine[Any, Any, Any]]) -> UserTask:
        """Runs a coroutine function on the other loop."""
        user_loop = self._ensure_started()
        task = UserTask(self._loop.create_future(), user_loop)

        def settle_soon(done: asyncio.Task) -> None:
            self._loop.call_soon_threadsafe(_settle, task.future, done)

        user_loop.call_soon_threadsafe(task.begin, start, settle_soon)
        return task

    def submit(self, start: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Future:
        """As `start`; the future on this loop ends with its result or exception."""
        return self.start(start).future

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
