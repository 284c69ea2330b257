"""Runs WSGI applications, as Flask makes them, in worker threads (PEP 3333)."""

from __future__ import annotations

import os
import sys
import tempfile
from contextvars import Context
from typing import Any, Awaitable, Callable, Dict, Iterable, List, Optional, Tuple

from racetrack_job_wrapper.bodies import BodyTooLong, check_length
from racetrack_job_wrapper.context import JobRequest, request_context, request_extra
from racetrack_job_wrapper.runtime import JobRuntime

Message = Dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: A longer body waits in a file for the application to read it.
MEMORY_BODY_BYTES = 1024 * 1024


class WsgiRunner:
    def __init__(self, app: Callable[..., Any], runtime: JobRuntime, max_body_bytes: int):
        self._app = app
        self._runtime = runtime
        self._max_body_bytes = max_body_bytes

    async def run(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request; raises `BodyTooLong`, and what the application raises."""
        check_length(dict(scope['headers']), self._max_body_bytes)
        with tempfile.SpooledTemporaryFile(max_size=MEMORY_BODY_BYTES) as body:
            if not await self._read_body(receive, body):
                return
            environ = make_environ(scope, body)
            await self._runtime.pool.submit(Context().run, self._run_in_thread, environ, scope, send)

    async def _read_body(self, receive: Receive, body: Any) -> bool:
        """Whether all of it came: other servers of WSGI hand over complete bodies, too."""
        while True:
            message = await receive()
            if message['type'] == 'http.disconnect':
                return False
            part = message.get('body', b'')
            if body.tell() + len(part) > self._max_body_bytes:
                raise BodyTooLong(self._max_body_bytes)
            if body.tell() + len(part) > MEMORY_BODY_BYTES:
                await self._runtime.pool.submit(body.write, part)
            else:
                body.write(part)
            if not message.get('more_body', False):
                body.seek(0)
                return True

    def _run_in_thread(self, environ: Dict[str, Any], scope: Message, send: Send) -> None:
        request_context.set(JobRequest(scope))
        request_extra.set({})
        answer = _Answer(lambda message: self._runtime.from_thread(send(message)))
        try:
            parts = self._app(environ, answer.start)
            try:
                answer.send_all(parts)
            finally:
                close = getattr(parts, 'close', None)
                if close is not None:
                    close()
        except (SystemExit, KeyboardInterrupt, StopIteration) as error:  # mean something else to a loop
            raise RuntimeError(f'{type(error).__name__}: {error}') from error


def make_environ(scope: Message, body: Any) -> Dict[str, Any]:
    """The variables of a request. Text from the network stands there as latin-1, by the specification."""
    server = scope.get('server') or ('localhost', None)
    environ: Dict[str, Any] = {
        'REQUEST_METHOD': scope['method'],
        'SCRIPT_NAME': '',
        'PATH_INFO': scope['path'].encode('utf-8').decode('latin-1'),
        'QUERY_STRING': scope['query_string'].decode('latin-1'),
        'SERVER_NAME': server[0] or 'localhost',
        'SERVER_PORT': str(server[1] or 80),
        'SERVER_PROTOCOL': f'HTTP/{scope["http_version"]}',
        'REMOTE_ADDR': (scope.get('client') or ('127.0.0.1', 0))[0],
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': scope.get('scheme', 'http'),
        'wsgi.input': body,
        'wsgi.input_terminated': True,
        'wsgi.errors': sys.stderr,
        'wsgi.multithread': True,
        'wsgi.multiprocess': False,
        'wsgi.run_once': False,
    }
    for name, value in scope['headers']:
        _add_header(environ, name.decode('latin-1'), value.decode('latin-1'))
    if environ.pop('HTTP_TRANSFER_ENCODING', None) is not None:  # its parts are put together by now
        environ['CONTENT_LENGTH'] = str(body.seek(0, os.SEEK_END))
        body.seek(0)
    return environ


def _add_header(environ: Dict[str, Any], name: str, value: str) -> None:
    if '_' in name:  # could be taken for another field, with '-' in its place
        return
    key = name.upper().replace('-', '_')
    if key not in ('CONTENT_TYPE', 'CONTENT_LENGTH'):
        key = f'HTTP_{key}'
    if key in environ:
        value = f'{environ[key]}{"; " if key == "HTTP_COOKIE" else ","}{value}'
    environ[key] = value


class _Answer:
    """What `start_response` and the returned parts become."""

    def __init__(self, send: Callable[[Message], None]):
        self._send = send
        self._head: Optional[Tuple[int, List[Any]]] = None
        self._is_sent = False

    def start(self, status: str, headers: List[Tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info is not None and self._is_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self._head is not None:
            raise RuntimeError('start_response was called twice')
        fields = [(name.lower().encode('latin-1'), value.encode('latin-1')) for name, value in headers]
        self._head = (int(status.split(' ', 1)[0]), [field for field in fields if field[0] != b'connection'])
        return self._write

    def send_all(self, parts: Iterable[bytes]) -> None:
        if isinstance(parts, list) and not self._is_sent:
            self._add_length(parts)
        for part in parts:
            if part:
                self._write(part)
        self._send_head()
        self._send({'type': 'http.response.body', 'body': b''})

    def _add_length(self, parts: List[bytes]) -> None:
        if self._head is not None and not any(name == b'content-length' for name, _ in self._head[1]):
            self._head[1].append((b'content-length', b'%d' % sum(map(len, parts))))

    def _write(self, part: bytes) -> None:
        self._send_head()
        self._send({'type': 'http.response.body', 'body': part, 'more_body': True})

    def _send_head(self) -> None:
        if self._is_sent:
            return
        if self._head is None:
            raise RuntimeError('the application did not call start_response')
        self._is_sent = True
        self._send({'type': 'http.response.start', 'status': self._head[0], 'headers': self._head[1]})
