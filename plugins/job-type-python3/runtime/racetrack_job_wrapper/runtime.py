"""Where the parts of a job run: threads, the loop of the server, the loop of the job's coroutines."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Awaitable

from racetrack_job_wrapper.coroutines import UserLoop
from racetrack_job_wrapper.pool import WorkerPool


@dataclass(frozen=True)
class JobRuntime:
    #: Threads for the job's functions.
    pool: WorkerPool
    #: For its coroutines.
    user_loop: UserLoop
    #: The server's, which probes and connections need.
    loop: asyncio.AbstractEventLoop

    def from_thread(self, action: Awaitable[Any]) -> Any:
        """Runs an action of the server on its loop, and waits for it in another thread."""
        return asyncio.run_coroutine_threadsafe(_await(action), self.loop).result()

    async def on_main_loop(self, action: Awaitable[Any]) -> Any:
        """Runs an action of the server on its loop, awaited on another loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_await(action), self.loop))


async def _await(action: Awaitable[Any]) -> Any:
    return await action
