"""A WebSocket of the job's own pages: how its opening is answered and noted, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
from time import perf_counter
from typing import Any, Awaitable, Callable, Dict

from racetrack_job_wrapper.context import JobRequest, request_context, strip_credentials
from racetrack_job_wrapper.errors import describe, format_trace
from racetrack_job_wrapper.http_date import http_date
from racetrack_job_wrapper.logs import AccessLog, logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.responses import Response, detail_response, error_response
from racetrack_job_wrapper.routing import split_prefix
from racetrack_job_wrapper.webview import FAILURE, Webview
from racetrack_job_wrapper.websocket_inbox import Disconnected

Message = Dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SWITCHED = 101
NORMAL_END = 1000
PAGE_FAILED = 1011


class WebSocketApp:
    """Stands between one connection and the application: passes messages on, and knows how far it has come."""

    def __init__(self, webview: Webview, metrics: JobMetrics, access_log: AccessLog, tracing_header: bytes):
        self._webview = webview
        self._metrics = metrics
        self._access_log = access_log
        self._tracing_header = tracing_header
        self._started = perf_counter()
        self._scope: Message = {}
        self._headers: Dict[bytes, bytes] = {}
        self._pass_on: Send
        #: Of the answer to the opening; 0 before.
        self._status = 0
        self._is_closed = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves the WebSocket to its end; raises nothing that the application raises."""
        strip_credentials(scope)
        self._scope, self._pass_on = scope, send
        self._headers = dict(scope['headers'])
        self._metrics.http_started.value += 1
        try:
            await self._webview.converse(scope, receive, self._send, *split_prefix(scope['path']))
            if not self._status:
                raise RuntimeError('the page ended without an answer to the WebSocket')
            await self._close(NORMAL_END, '')
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            await self._fail(error)
        finally:
            if self._status == SWITCHED:
                self._metrics.websockets_open.value -= 1

    async def _send(self, message: Message) -> None:
        kind = message['type']
        if kind == 'websocket.close' and not self._status:
            await self._answer(detail_response(403, 'Forbidden', 'the page refused the WebSocket'))
            return
        if kind == 'websocket.http.response.start':
            message = {**message, 'headers': [*(message.get('headers') or ()), (b'date', http_date())]}
        await self._pass_on(message)
        if kind == 'websocket.accept':
            self._metrics.websockets_open.value += 1
            self._note(SWITCHED)
        elif kind == 'websocket.http.response.start':
            self._note(message['status'])
        elif kind == 'websocket.close':
            self._is_closed = True

    async def _fail(self, error: BaseException) -> None:
        if _says_that_nobody_is_there(error):  # the usual end of a page that takes no notice of it
            await self._close(NORMAL_END, '')
            return
        request_context.set(JobRequest(self._scope))  # its ids belong to the log line
        logger.error('webview failed: %s', describe(error), extra={'trace': format_trace(error)})
        if self._status:
            await self._close(PAGE_FAILED, 'the page failed')
        else:
            await self._answer(error_response(500, FAILURE))

    async def _close(self, code: int, reason: str) -> None:
        if self._status == SWITCHED and not self._is_closed:
            with contextlib.suppress(OSError):
                await self._pass_on({'type': 'websocket.close', 'code': code, 'reason': reason})

    async def _answer(self, response: Response) -> None:
        request_id = self._headers.get(self._tracing_header)
        if request_id:
            response.add_request_id(request_id.decode('latin-1'))
        headers = [*response.headers, (b'content-length', b'%d' % len(response.body)), (b'date', http_date())]
        self._note(response.status)
        start = {'type': 'websocket.http.response.start', 'status': response.status, 'headers': headers}
        with contextlib.suppress(OSError):
            await self._pass_on(start)
            await self._pass_on({'type': 'websocket.http.response.body', 'body': response.body})

    def _note(self, status: int) -> None:
        """The opening counts as any other request; how long a conversation lasts says nothing of the job's speed."""
        self._status = status
        self._metrics.http_done.value += 1
        self._metrics.http_duration.observe(perf_counter() - self._started)
        if status == 500:
            self._metrics.http_errors.value += 1
        target = self._scope['raw_path'].decode('ascii', 'backslashreplace')
        self._access_log.done('GET', target, status, self._headers)


def _says_that_nobody_is_there(error: BaseException) -> bool:
    return isinstance(error, Disconnected) or type(error).__name__ == 'WebSocketDisconnect'  # as Starlette calls it
