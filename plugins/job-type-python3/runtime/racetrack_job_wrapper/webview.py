"""A web application of the job's own below `/api/v1/webview`, made by its method `webview_app`."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from typing import Any, Awaitable, Callable, Dict, List, Optional

from racetrack_job_wrapper.bodies import BodyRefused
from racetrack_job_wrapper.context import JobRequest, request_context, request_extra
from racetrack_job_wrapper.errors import describe, format_trace
from racetrack_job_wrapper.lifespan import Lifespan
from racetrack_job_wrapper.locations import LocationRewriter
from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.messages import Messages
from racetrack_job_wrapper.responses import Response, check_head, error_response
from racetrack_job_wrapper.runtime import JobRuntime
from racetrack_job_wrapper.settings import Settings
from racetrack_job_wrapper.static_folder import StaticFolder
from racetrack_job_wrapper.wsgi import WsgiRunner

Message = Dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

WEBVIEW_PATH = '/api/v1/webview'
#: A folder of the job whose files the webview serves by itself, at `/api/v1/webview/static/`.
STATIC_FOLDER = 'static'

FAILURE = {'error': 'the web page of the job failed; its log says why', 'type': 'WebviewError'}


class Webview:
    """Serves the folder `static` first, then hands requests to the application of the job.

    A WSGI application runs in the threads of calls, an ASGI application on the loop of the job's own coroutines: a
    page that takes its time delays no probe.
    """

    def __init__(self, app: Any, settings: Settings, runtime: JobRuntime):
        self.is_asgi = is_asgi(app)
        self._app = app
        self._base_url = base_url_of(settings)
        self._tracing_header = settings.tracing_header
        self._runtime = runtime
        self._wsgi = None if self.is_asgi else WsgiRunner(app, runtime, settings.max_body_bytes)
        self._static = StaticFolder(STATIC_FOLDER) if os.path.isdir(STATIC_FOLDER) else None
        self._lifespan = Lifespan(app, runtime) if self.is_asgi else None

    def start(self) -> None:
        """Lets an ASGI application prepare itself; raises when it cannot. Called outside of the event loops."""
        if self._lifespan is not None:
            self._lifespan.start()

    async def close(self) -> None:
        if self._lifespan is not None:
            await self._lifespan.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send, prefix: str, path: str) -> None:
        """Answers a request to `/api/v1/webview` or below.

        :param prefix: what came before the job's own path, such as `/pub/job/adder/latest`.
        :param path: the job's own path.
        """
        base = f'{prefix}{WEBVIEW_PATH}'
        below = path[len(WEBVIEW_PATH) :]
        if below == '' and (self.is_asgi or base != self._base_url):
            await _redirect_to_slash(scope, send)
            return
        if self._static is not None and below.startswith('/static/'):
            if await self._static.answer(scope, send, below[len('/static/') :], self._runtime):
                return
        state = _Answering(send, LocationRewriter(scope, self._base_url, base))
        try:
            if self._wsgi is not None:
                await self._wsgi.run({**scope, 'path': self._base_url + below}, receive, state.send)
            else:
                await self._run_asgi({**scope, **_mounted(scope['path'], base, below)}, receive, state.send)
            if not state.is_complete:
                raise RuntimeError('the web page ended without a complete answer')
        except asyncio.CancelledError:
            raise
        except BodyRefused as error:
            await self._refuse(scope, send, error.to_response())
        except BaseException as error:
            request_context.set(JobRequest(scope))  # its ids belong to the log line
            logger.error('webview failed: %s', describe(error), extra={'trace': format_trace(error)})
            if not state.has_started:  # else the server ends the connection, so that nobody takes a part for the whole
                await self._refuse(scope, send, error_response(500, FAILURE))

    async def converse(self, scope: Message, receive: Receive, send: Send, prefix: str, path: str) -> None:
        """Hands a WebSocket to the application; raises what that raises. The base itself is as with a slash."""
        base = f'{prefix}{WEBVIEW_PATH}'
        below = path[len(WEBVIEW_PATH) :] or '/'
        await self._run_asgi({**scope, **_mounted(base + below, base, below)}, receive, send)

    async def _refuse(self, scope: Message, send: Send, response: Response) -> None:
        request_id = dict(scope['headers']).get(self._tracing_header)
        if request_id:
            response.add_request_id(request_id.decode('latin-1'))
        await _send_plain(send, response.status, response.headers, response.body)

    async def _run_asgi(self, scope: Message, receive: Receive, send: Send) -> None:
        app, crossing = self._app, self._runtime.on_main_loop
        if self._lifespan is not None:
            scope['state'] = dict(self._lifespan.state)

        async def run() -> None:
            request_context.set(JobRequest(scope))
            request_extra.set({})
            messages = Messages(lambda: crossing(receive()))
            try:
                await app(scope, messages.take, lambda message: crossing(send(message)))
            except (SystemExit, KeyboardInterrupt) as error:  # would end the loop for everyone
                raise RuntimeError(f'{type(error).__name__}: {error}') from error
            finally:
                messages.close()

        await self._runtime.user_loop.submit(run)


def create_webview(entrypoint: Any, settings: Settings, runtime: JobRuntime) -> Optional[Webview]:
    """Asks the entrypoint's `webview_app` for its application; `None` when that has none."""
    app = entrypoint.webview_app(base_url_of(settings))
    if app is None:
        return None
    webview = Webview(app, settings, runtime)
    webview.start()
    return webview


def base_url_of(settings: Settings) -> str:
    """The address that applications are told, that of the exact version."""
    return f'/pub/job/{settings.job_name}/{settings.job_version}{WEBVIEW_PATH}'


def is_asgi(app: Any) -> bool:
    """Tells the two kinds of application apart by their number of parameters: 2 is WSGI, 3 is ASGI."""
    try:
        parameters = list(inspect.signature(app).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    required = [each for each in parameters if each.default is inspect.Parameter.empty]
    count = len(required) if len(parameters) not in (2, 3) else len(parameters)
    if count not in (2, 3):
        raise TypeError(
            'webview_app must return a WSGI application, which takes (environ, start_response), '
            f'or an ASGI application, which takes (scope, receive, send), but got {type(app).__name__}'
        )
    return count == 3


def _mounted(path: str, base: str, below: str) -> Message:
    """Path and mount point as ASGI has them: the path is complete. Starlette before 0.33 wants the rest alone."""
    return {'path': below if _has_old_starlette() else path, 'root_path': base}


def _has_old_starlette() -> bool:
    utils = sys.modules.get('starlette._utils')
    return utils is not None and not hasattr(utils, 'get_route_path')


class _Answering:
    """Passes an answer on, and knows how far it has come."""

    def __init__(self, send: Send, rewriter: LocationRewriter):
        self._send = send
        self._rewriter = rewriter
        self.has_started = False
        self.is_complete = False

    async def send(self, message: Message) -> None:
        if message['type'] == 'http.response.start':
            message = {**message, 'headers': self._rewriter.rewrite(message.get('headers') or [])}
            check_head(message['status'], message['headers'])
            self.has_started = True
        elif message['type'] == 'http.response.body' and not message.get('more_body', False):
            self.is_complete = True
        await self._send(message)


async def _redirect_to_slash(scope: Message, send: Send) -> None:
    query = scope['query_string']
    location = b'./webview/' + (b'?' + query if query else b'')
    await _send_plain(send, 307, [(b'location', location)], b'')


async def _send_plain(send: Send, status: int, headers: List[Any], body: bytes) -> None:
    headers = [*headers, (b'content-length', b'%d' % len(body))]
    await send({'type': 'http.response.start', 'status': status, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})
