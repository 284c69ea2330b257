"""The HTTP server: uvicorn's protocol, without its process management.

This module is imported while the wrapper's private packages are visible, and holds all that is needed of them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from typing import Any, Iterator
from urllib.parse import unquote

from racetrack_job_wrapper import forks
from racetrack_job_wrapper.app import JobApp
from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.one_write import with_one_write
from racetrack_job_wrapper.responses import StreamBroken
from racetrack_job_wrapper.settings import Settings
from racetrack_job_wrapper.vendoring import import_bare_package

# Its command line and its process management are a tenth of a start.
_uvicorn = import_bare_package('uvicorn')

from uvicorn.config import Config  # noqa: E402
from uvicorn.server import ServerState  # noqa: E402

# Modules of its own look for it there.
_uvicorn.Config = Config  # type: ignore[attr-defined]

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as UvicornProtocol
except ImportError:  # no wheel for this platform
    from uvicorn.protocols.http.h11_impl import H11Protocol as UvicornProtocol  # type: ignore[assignment]

try:
    from uvloop import new_event_loop
except ImportError:
    new_event_loop = asyncio.new_event_loop

#: Idle connections stay open for longer than any caller keeps them, so that none is closed just as it is used again.
KEEP_ALIVE_SECONDS = 600
#: Longest message of a WebSocket: it is kept in one piece, and probes wait while it is put together.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


class HttpProtocol(with_one_write(UvicornProtocol)):  # type: ignore[misc]
    def _should_upgrade(self) -> bool:
        """Only where there is somebody to talk to; elsewhere the request is answered as any other."""
        if not super()._should_upgrade() or self.scope['method'] != 'GET':
            return False
        path = self.scope.get('path') or unquote(self.url.partition(b'?')[0].decode('latin-1'))
        return self.app.takes_websocket(path)

    def _unsupported_upgrade_warning(self) -> None:
        pass  # the answer says it


def _is_news(record: logging.LogRecord) -> bool:
    """Why a stream broke is in the log already; the exception is there to have its connection cut."""
    return not (record.exc_info and isinstance(record.exc_info[1], StreamBroken))


logging.getLogger('uvicorn.error').addFilter(_is_news)


def _open_websocket(**options: Any) -> asyncio.Protocol:
    from racetrack_job_wrapper.websocket_connection import WebSocketConnection  # most jobs never need it

    return WebSocketConnection(**options)


async def _no_app(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError('the application is set by JobServer')


_config = Config(
    _no_app,
    interface='asgi3',
    http=HttpProtocol,
    ws=_open_websocket,  # type: ignore[arg-type]
    lifespan='off',
    log_config=None,
    access_log=False,
    proxy_headers=False,
    server_header=False,
    date_header=False,
    timeout_keep_alive=KEEP_ALIVE_SECONDS,
)
# Now, while the modules that it imports can be found.
_config.load()
# A job that finds the package in the same place as we do gets all of it.
del sys.modules['uvicorn']


class JobServer:
    """Serves one application on one socket until SIGTERM or SIGINT."""

    def __init__(self, app: JobApp, listener: socket.socket, settings: Settings):
        self._listener = listener
        self._grace_seconds = settings.shutdown_grace_seconds
        self._state = ServerState()
        _config.loaded_app = app
        _config.ws_max_size = min(settings.max_body_bytes, MAX_MESSAGE_BYTES)
        self._stop = asyncio.Event()
        self._give_up = asyncio.Event()

    async def serve(self) -> None:
        """Ends once calls in progress at the signal have ended, or after the grace period."""
        loop = asyncio.get_running_loop()
        for number in forks.STOP_SIGNALS:
            loop.add_signal_handler(number, self._receive_signal, number)
        forks.prepare(self._list_sockets)
        create = loop.create_unix_server if self._listener.family == socket.AF_UNIX else loop.create_server
        server = await create(self._create_protocol, sock=self._listener)  # type: ignore[operator]
        await self._stop.wait()
        server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        await self._drain()

    def _create_protocol(self) -> asyncio.Protocol:
        loop = asyncio.get_running_loop()
        return HttpProtocol(config=_config, server_state=self._state, app_state={}, _loop=loop)

    def _list_sockets(self) -> Iterator[Any]:
        yield self._listener
        for connection in list(self._state.connections):
            opened = connection.transport.get_extra_info('socket')  # type: ignore[union-attr]
            if opened is not None:
                yield opened

    def _receive_signal(self, number: int) -> None:
        if self._stop.is_set():
            self._give_up.set()
            return
        logger.info('received signal %d, shutting down...', number)
        if self._state.tasks:
            logger.info('calls in progress: %d, they have %g s to end', len(self._state.tasks), self._grace_seconds)
        self._stop.set()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._grace_seconds
        while self._state.connections or self._state.tasks:
            remaining = deadline - loop.time()
            if remaining <= 0 or self._give_up.is_set():
                logger.warning('%d calls were still in progress at the end', len(self._state.tasks))
                return
            await asyncio.sleep(min(0.02, remaining))
