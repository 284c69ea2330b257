"""A small HTTP client of the standard library alone, for calls of a job to other jobs."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import select
import ssl
import threading
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import SplitResult, quote, urlsplit

#: A connection that has rested for longer is not used again: the server may be about to close it.
REUSE_SECONDS = 3.0
#: Idle connections kept for one server.
MAX_IDLE = 16


class Answer(NamedTuple):
    status: int
    reason: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode('utf-8', 'replace')


class Target(NamedTuple):
    """Where a request goes."""

    scheme: str
    host: str
    port: Optional[int]
    #: Path and query, percent-encoded.
    path: str


def parse_target(url: str) -> Target:
    """Raises `ValueError` for what is no address of HTTP."""
    parts: SplitResult = urlsplit(url)
    if parts.scheme not in ('http', 'https') or not parts.hostname:
        raise ValueError(f'{url} is not an http address')
    path = quote(parts.path or '/', safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    return Target(parts.scheme, parts.hostname, parts.port, f'{path}?{query}' if query else path)


def request(method: str, target: Target, headers: Dict[str, str], body: Optional[bytes], timeout: float) -> Answer:
    """Sends a request and waits for the answer; `timeout` in seconds for each wait."""
    connection = _connections.take(target, timeout)
    try:
        connection.request(method, target.path, body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.reason, response.read())
    except BaseException:
        connection.close()
        raise
    if response.will_close:
        connection.close()
    else:
        _connections.give_back(target, connection)
    return answer


async def request_async(
    method: str, target: Target, headers: Dict[str, str], body: Optional[bytes], timeout: float
) -> Answer:
    """As `request`, without holding up the event loop; `timeout` for all of it."""
    return await asyncio.wait_for(_exchange(method, target, headers, body), timeout)


async def _exchange(method: str, target: Target, headers: Dict[str, str], body: Optional[bytes]) -> Answer:
    is_secure = target.scheme == 'https'
    context = ssl.create_default_context() if is_secure else None
    port = target.port or (443 if is_secure else 80)
    reader, writer = await asyncio.open_connection(target.host, port, ssl=context)
    try:
        writer.write(_compose_request(method, target, headers, body))
        await writer.drain()
        received = await reader.read()  # to its end: the server was asked to close
    finally:
        writer.close()
    return _parse_response(method, received)


def _compose_request(method: str, target: Target, headers: Dict[str, str], body: Optional[bytes]) -> bytes:
    """The bytes that `http.client` would send, with all its checks of names and values."""
    connection = _create_connection(target, None)
    sent = _Recorder()
    connection.sock = sent  # type: ignore[assignment]
    connection.request(method, target.path, body, {**headers, 'Connection': 'close'})
    return b''.join(sent.parts)


def _parse_response(method: str, received: bytes) -> Answer:
    response = http.client.HTTPResponse(_Played(received), method=method)  # type: ignore[arg-type]
    response.begin()
    return Answer(response.status, response.reason, response.read())


class _Recorder:
    """A socket that keeps what is sent."""

    def __init__(self) -> None:
        self.parts: List[bytes] = []

    def sendall(self, data: Any) -> None:
        self.parts.append(bytes(data))


class _Played:
    """A socket from which everything has been received."""

    def __init__(self, received: bytes):
        self._received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._received)


class _Connections:
    """Connections that rest until the next request to the same server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: Dict[Tuple[str, str, Optional[int]], List[Tuple[float, http.client.HTTPConnection]]] = {}

    def take(self, target: Target, timeout: float) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                resting = self._idle.get(target[:3])
                since, connection = resting.pop() if resting else (0.0, None)
            if connection is None:
                return _create_connection(target, timeout)
            if time.monotonic() - since < REUSE_SECONDS and _is_alive(connection):
                connection.sock.settimeout(timeout)
                return connection
            connection.close()

    def give_back(self, target: Target, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            resting = self._idle.setdefault(target[:3], [])
            if len(resting) < MAX_IDLE:
                resting.append((time.monotonic(), connection))
                return
        connection.close()


_connections = _Connections()


def _create_connection(target: Target, timeout: Optional[float]) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if target.scheme == 'https' else http.client.HTTPConnection
    return kind(target.host, target.port, timeout=timeout)


def _is_alive(connection: http.client.HTTPConnection) -> bool:
    """Whether nothing has arrived meanwhile: before a request that can only be the end of the connection."""
    with contextlib.suppress(OSError, ValueError):
        poller = select.poll() if hasattr(select, 'poll') else None
        if poller is None:
            return not select.select([connection.sock], [], [], 0)[0]
        poller.register(connection.sock, select.POLLIN)
        return not poller.poll(0)
    return False
