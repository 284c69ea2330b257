"""The ASGI application: one for the whole life of the process, from the first probe to the last call."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any, Awaitable, Callable, Dict, List, Optional, Union

from racetrack_job_wrapper.bodies import Receive
from racetrack_job_wrapper.calls import CallRunner
from racetrack_job_wrapper.context import CREDENTIAL_HEADERS, strip_credentials
from racetrack_job_wrapper.cors import ALLOW_ORIGIN, answer_preflight, is_preflight
from racetrack_job_wrapper.errors import describe
from racetrack_job_wrapper.http_date import http_date
from racetrack_job_wrapper.job import Job
from racetrack_job_wrapper.logs import AccessLog, logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.responses import Response, StreamBroken, StreamResponse, detail_response
from racetrack_job_wrapper.routes import SILENT_PATHS, Routes
from racetrack_job_wrapper.routing import split_prefix
from racetrack_job_wrapper.watching import wait_for_leave

Scope = Dict[str, Any]
Send = Callable[[Dict[str, Any]], Awaitable[None]]

WEBVIEW_PATH = '/api/v1/webview'
CLOSE = (b'connection', b'close')


class JobApp:
    """Answers requests. Everything but the job's own code runs on the event loop."""

    def __init__(
        self, routes: Routes, runner: CallRunner, metrics: JobMetrics, access_log: AccessLog, tracing_header: bytes
    ):
        self._routes = routes
        self._runner = runner
        self._metrics = metrics
        self._access_log = access_log
        self._tracing_header = tracing_header
        self._endpoints: Dict[str, Any] = {}
        #: `None` until it is ready.
        self.job: Optional[Job] = None

    def become_ready(self, job: Job) -> None:
        self.job = job
        self._endpoints = job.endpoints
        self._routes.become_ready(job)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        metrics = self._metrics
        metrics.http_started.value += 1
        prefix, path = split_prefix(scope['path'])
        headers = dict(scope['headers'])
        if b'cookie' in headers or not CREDENTIAL_HEADERS.isdisjoint(headers):
            strip_credentials(scope)
            headers = dict(scope['headers'])
        if self._access_log.wants_starts and path not in SILENT_PATHS:
            self._access_log.started(scope['method'], target_of(scope), headers)
        endpoint = self._endpoints.get(path)
        if endpoint is not None and scope['method'] == 'POST':
            response = await self._runner.call(endpoint, scope, headers, receive)
        else:
            response = await self._answer(scope, receive, send, prefix, path, headers)
        is_whole = response is None or await self._finish(response, scope, path, headers, receive, send)
        metrics.http_done.value += 1
        metrics.http_duration.observe(perf_counter() - started)
        if not is_whole:
            raise StreamBroken(f'the answer of {path} broke off')  # the server cuts the connection

    async def _finish(
        self,
        response: Union[Response, StreamResponse],
        scope: Scope,
        path: str,
        headers: Dict[bytes, bytes],
        receive: Receive,
        send: Send,
    ) -> bool:
        """Sends an answer; whether the caller has all of it."""
        is_whole = True
        if b'origin' in headers:
            response.headers += ALLOW_ORIGIN
        if isinstance(response, StreamResponse):
            is_whole = await _send_stream(response, receive, send)
        else:
            if response.error is not None and self._tracing_header in headers:
                response.add_request_id(headers[self._tracing_header].decode('latin-1'))
            await _send(response, send)
        self._note(response.status, scope, path, headers)
        return is_whole

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, prefix: str, path: str, headers: Dict[bytes, bytes]
    ) -> Optional[Union[Response, StreamResponse]]:
        """The answer; `None` when it has been sent already, or nobody waits for it."""
        method = scope['method']
        try:
            if is_preflight(method, headers):
                return answer_preflight(headers)
            found = self._routes.find_call(method, path)
            if found is not None:
                endpoint, parameters = found
                return await self._runner.call(endpoint, {**scope, 'path_params': parameters}, headers, receive)
            if _wants_websocket(headers) and (self._has_page(path) or self._routes.knows(path)):
                return self._refuse_websocket(path)
            if self._has_page(path):
                await self._hand_over(scope, receive, send, prefix, path, headers)
                return None
            return await self._routes.answer(method, prefix, path, scope['query_string'])
        except Exception as error:  # a fault of ours: the process goes on, the log has the details
            logger.exception('request failed: %s', describe(error))
            return detail_response(500, 'Internal Server Error')

    def takes_websocket(self, path: str) -> bool:
        """Whether an address may have WebSockets; everywhere else, asking for one is answered by an error."""
        webview = None if self.job is None else self.job.webview
        return webview is not None and webview.is_asgi and self._has_page(split_prefix(path)[1])

    def open_websocket(self) -> Any:
        """An ASGI application for one WebSocket, at an address that takes one."""
        from racetrack_job_wrapper.websocket_app import WebSocketApp  # most jobs never need it

        assert self.job is not None and self.job.webview is not None
        return WebSocketApp(self.job.webview, self._metrics, self._access_log, self._tracing_header)

    def _refuse_websocket(self, path: str) -> Response:
        """The server asks us only where there can be none, or for an opening that is not one of HTTP/1.1."""
        reason = 'an ASGI application of the webview serves them, below /api/v1/webview/'
        if self._has_page(path):
            reason = f'{reason}; this job has a WSGI application, or the request is no opening of a WebSocket'
        return detail_response(400, 'no WebSocket here', f'{path} serves no WebSockets: {reason}', CLOSE)

    def _has_page(self, path: str) -> bool:
        if self.job is None or self.job.webview is None or not path.startswith(WEBVIEW_PATH):
            return False
        return path[len(WEBVIEW_PATH) : len(WEBVIEW_PATH) + 1] in ('', '/') and not self._routes.knows(path)

    async def _hand_over(
        self, scope: Scope, receive: Receive, send: Send, prefix: str, path: str, headers: Dict[bytes, bytes]
    ) -> None:
        """Lets the job's own pages answer, and sees how."""
        webview = self.job.webview if self.job is not None else None
        status = 0

        async def send_and_see(message: Dict[str, Any]) -> None:
            nonlocal status
            if message['type'] == 'http.response.start':
                status = message['status']
                fields = [*message.get('headers', ()), (b'date', http_date())]
                if b'origin' in headers:
                    fields = _with_origin(fields)
                await send({**message, 'headers': fields})
                if any(name.lower() == b'content-type' and b'event-stream' in value for name, value in fields):
                    await send({'type': 'http.response.body', 'body': b'', 'more_body': True})  # the head, right now
            else:
                await send(message)

        try:
            await webview(scope, receive, send_and_see, prefix, path)  # type: ignore[misc]
        except Exception as error:
            if status == 0:
                raise
            logger.error('webview failed: %s', describe(error))  # the server ends the connection
        if status:
            self._note(status, scope, path, headers)

    def _note(self, status: int, scope: Scope, path: str, headers: Dict[bytes, bytes]) -> None:
        if path not in SILENT_PATHS or (status >= 400 and not self._routes.is_initialising):
            self._access_log.done(scope['method'], target_of(scope), status, headers)
            if status == 500:
                self._metrics.http_errors.value += 1


async def _send(response: Response, send: Send) -> None:
    body = response.body
    headers: List[Any] = response.headers
    headers.append((b'content-length', b'%d' % len(body)))
    headers.append((b'date', http_date()))
    await send({'type': 'http.response.start', 'status': response.status, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})


async def _send_stream(response: StreamResponse, receive: Receive, send: Send) -> bool:
    """Sends each part as it comes; when the caller leaves, the source hears of it. Without its end when it failed."""
    channel = response.channel
    watch = asyncio.ensure_future(wait_for_leave(receive))
    watch.add_done_callback(lambda _: channel.close())
    try:
        headers = [*response.headers, (b'date', http_date())]
        await send({'type': 'http.response.start', 'status': response.status, 'headers': headers})
        part = await channel.take()
        while part is not None:
            await send({'type': 'http.response.body', 'body': part, 'more_body': True})
            part = await channel.take()
        if channel.failure is not None:
            return False
        await send({'type': 'http.response.body', 'body': b''})
        return True
    finally:
        watch.cancel()
        channel.close()
        response.on_end()


def _wants_websocket(headers: Dict[bytes, bytes]) -> bool:
    connection = headers.get(b'connection', b'').lower()
    return headers.get(b'upgrade', b'').lower() == b'websocket' and b'upgrade' in connection


def _with_origin(fields: List[Any]) -> List[Any]:
    """As all answers of a job; pages that say something of their own are left alone."""
    if any(name.lower() == b'access-control-allow-origin' for name, _ in fields):
        return fields
    return [*fields, *ALLOW_ORIGIN]


def target_of(scope: Scope) -> str:
    """The path as it was sent, without the query, which may hold secrets; percent-encoded, so one line stays one."""
    return scope['raw_path'].decode('ascii', 'backslashreplace')
