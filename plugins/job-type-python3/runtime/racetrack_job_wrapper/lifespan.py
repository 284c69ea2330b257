"""The lifespan part of ASGI: an application prepares itself before the first request and cleans up after the last.

See https://asgi.readthedocs.io/en/latest/specs/lifespan.html.
"""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional

from racetrack_job_wrapper.errors import describe
from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.runtime import JobRuntime

#: How long the application may take to clean up.
CLOSE_SECONDS = 5.0


class Lifespan:
    def __init__(self, app: Any, runtime: JobRuntime):
        self._app = app
        self._runtime = runtime
        #: Shared with every request, as the specification has it.
        self.state: Dict[str, Any] = {}
        self._is_running = False
        self._to_app: Optional[asyncio.Queue] = None
        self._from_app: Optional[asyncio.Queue] = None
        self._task: Optional[asyncio.Task] = None

    def start(self) -> None:
        """Returns once the application is prepared, or has shown that it knows no lifespan; raises when it failed."""
        self._runtime.user_loop.run(self._start())

    async def close(self) -> None:
        if not self._is_running:
            return
        try:
            await asyncio.wait_for(self._runtime.user_loop.submit(self._close), CLOSE_SECONDS)
        except Exception as error:
            logger.warning('the webview did not close in order: %s', describe(error))

    async def _start(self) -> None:
        self._to_app, self._from_app = asyncio.Queue(), asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._to_app.put({'type': 'lifespan.startup'})
        answer = await self._from_app.get()
        if answer['type'] == 'lifespan.startup.failed':
            raise RuntimeError(f'the webview could not start: {answer.get("message") or "no reason given"}')
        self._is_running = answer['type'] == 'lifespan.startup.complete'

    async def _close(self) -> None:
        assert self._to_app is not None and self._from_app is not None
        await self._to_app.put({'type': 'lifespan.shutdown'})
        await self._from_app.get()

    async def _run(self) -> None:
        assert self._to_app is not None and self._from_app is not None
        scope = {'type': 'lifespan', 'asgi': {'version': '3.0', 'spec_version': '2.0'}, 'state': self.state}
        try:
            await self._app(scope, self._to_app.get, self._from_app.put)
        except BaseException as error:  # by the specification: it knows no lifespan, which is no mistake
            if self._is_running:
                logger.warning('the lifespan of the webview failed: %s', describe(error))
        await self._from_app.put({'type': 'lifespan.unsupported'})
