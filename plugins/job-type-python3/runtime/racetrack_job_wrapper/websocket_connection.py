"""The server's end of a WebSocket: between the bytes of a connection and the messages of an ASGI application.

Imported with the first WebSocket of the process, and with it the library `websockets`, which knows the protocol.
"""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import Any, Dict, List, Optional

from racetrack_job_wrapper.cli import VENDOR_DIR
from racetrack_job_wrapper.responses import JSON, detail_response
from racetrack_job_wrapper.vendoring import import_private
from racetrack_job_wrapper.websocket_allowance import Allowance
from racetrack_job_wrapper.websocket_handshake import Header, Opening, read_opening, take_headers, write_head
from racetrack_job_wrapper.websocket_inbox import Disconnected, Inbox
from racetrack_job_wrapper.websocket_messages import MessageReader, is_crumb
from racetrack_job_wrapper.websocket_pulse import Pulse

ServerProtocol = import_private(VENDOR_DIR, 'websockets.server').ServerProtocol
State = import_private(VENDOR_DIR, 'websockets.protocol').State

#: How long the other end may take to answer a close.
CLOSE_SECONDS = 10.0
#: How long one connection may read before everybody else gets a turn, and the bytes between two looks at the clock.
TURN_SECONDS = 0.002
SLICE_BYTES = 2048
#: How much may come before the answer: what is not read would hide that the caller has left.
EARLY_BYTES = 64 * 1024

NO_CLOSE = 1006
INVALID_TEXT = 1007
TOO_MANY_FRAMES = 1008
SERVICE_RESTART = 1012

#: The library would write the content of messages into the log.
_silent = logging.Logger('websocket', logging.CRITICAL + 1)


class WebSocketConnection(asyncio.Protocol):
    """One connection, in the place of the HTTP protocol that has read its head."""

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None):
        self._app = config.loaded_app.open_websocket()
        self._server = server_state
        self._loop = asyncio.get_running_loop()
        #: Of asyncio; read by the server.
        self.transport: Any = None
        self._protocol = ServerProtocol(max_size=config.ws_max_size, logger=_silent)
        self._messages = MessageReader()
        self._inbox = Inbox()
        self._allowance = Allowance()
        self._has_begun = False
        #: Fields of the answer that accepts.
        self._accepting: List[Header] = []
        #: Bytes that wait for the answer, for the page to take its messages, or for the next turn.
        self._unread = b''
        self._turn: Optional[asyncio.Handle] = None
        #: Head of an answer that is none of a WebSocket, until it is sent.
        self._refusal: Optional[bytes] = None
        self._is_answered = False
        #: Whether the connection speaks WebSocket.
        self._is_switched = False
        #: Whether nothing more is read, not even to throw it away.
        self._is_expelled = False
        self._is_stopping = False
        self._is_paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._pulse = Pulse(self._ping, self._give_up, lambda: self.transport.get_write_buffer_size())
        self._end_timer: Optional[asyncio.TimerHandle] = None

    # What the connection tells.

    def connection_made(self, transport: Any) -> None:
        self.transport = transport.bare
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._pulse.hear()
        if not self._has_begun:
            self._has_begun = True
            self._begin(read_opening(data))
        elif self._is_switched:
            self._unread += data
            self._read()
        elif not self._is_answered:
            self._unread += data
            if len(self._unread) > EARLY_BYTES:
                self.transport.abort()

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._server.connections.discard(self)
        self._inbox.end(NO_CLOSE)
        self._is_answered = True
        self._writable.set()
        self._pulse.stop()
        for each in (self._end_timer, self._turn):
            if each is not None:
                each.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()
        self._adjust_reading()  # else a caller who only sends pings could fill the memory with their answers

    def resume_writing(self) -> None:
        self._writable.set()
        self._adjust_reading()

    def shutdown(self) -> None:
        """The job is told to stop: callers are asked to come again, the next instance is waiting for them."""
        self._is_stopping = True
        if self._is_open:
            self._close(SERVICE_RESTART, 'the job stops')

    # What the application asks for.

    async def receive(self) -> Dict[str, Any]:
        message = await self._inbox.take()
        self._adjust_reading()
        return message

    async def send(self, message: Dict[str, Any]) -> None:
        """Raises `Disconnected` (an `OSError`) when nobody is there, and `RuntimeError` for what is out of turn."""
        await self._writable.wait()
        kind = message['type']
        if self._is_answered:
            self._send_in_conversation(kind, message)
        elif self._refusal is not None and kind == 'websocket.http.response.body':
            self._refuse(self._refusal, message.get('body', b''), message.get('more_body', False))
        elif self._refusal is None and kind == 'websocket.http.response.start':
            fields = [*take_headers(message['status'], message), (b'connection', b'close')]
            self._refusal = write_head(message['status'], fields)
        elif self._refusal is None and kind == 'websocket.accept':
            self._accept(take_headers(200, message))
        else:
            raise RuntimeError(f'the message {kind!r} is out of turn')

    def _send_in_conversation(self, kind: str, message: Dict[str, Any]) -> None:
        if not self._is_open or self.transport.is_closing():
            raise Disconnected('the WebSocket is closed')
        if kind == 'websocket.close':
            self._close(message.get('code', 1000), message.get('reason') or '')
        elif kind != 'websocket.send':
            raise RuntimeError(f'the message {kind!r} is out of turn')
        elif message.get('bytes') is not None:
            self._protocol.send_binary(bytes(message['bytes']))
        else:
            self._protocol.send_text(message['text'].encode('utf-8'))
        self._flush()

    # The opening.

    def _begin(self, opening: Opening) -> None:
        self._protocol.receive_data(opening.reduced())
        requests = self._protocol.events_received()
        answer = self._protocol.accept(requests[0]) if requests else self._protocol.reject(400, 'not readable')
        if answer.status_code != 101:
            self._refuse_opening(answer)
            return
        self._accepting = [
            (name.encode('latin-1'), value.encode('latin-1'))
            for name, value in answer.headers.raw_items()
            if name != 'Date'
        ]
        self._protocol.send_response(answer)
        self._protocol.data_to_send()  # written by us instead, with the application's headers
        self._inbox.put({'type': 'websocket.connect'})
        task = self._loop.create_task(self._run(opening.to_scope()))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _run(self, scope: Dict[str, Any]) -> None:
        await self._app(scope, self.receive, self.send)
        if not self._is_answered:  # in the middle of an answer, which must not look complete
            self.transport.abort()

    def _accept(self, headers: List[Header]) -> None:
        self.transport.write(write_head(101, [*self._accepting, *headers]))
        self._is_answered = self._is_switched = True
        self._pulse.start()
        self._read()
        if self._is_stopping and self._is_open:
            self.shutdown()

    def _refuse_opening(self, answer: Any) -> None:
        reason = ' '.join((answer.body or b'').decode('utf-8', 'replace').split())
        body = detail_response(answer.status_code, 'the opening of the WebSocket is not valid', reason).body
        fields = [JSON, (b'sec-websocket-version', b'13'), (b'connection', b'close')]
        self._refuse(write_head(answer.status_code, [*fields, (b'content-length', b'%d' % len(body))]), body, False)

    def _refuse(self, head: bytes, body: bytes, has_more: bool) -> None:
        self.transport.write(head + body)
        self._refusal = b''
        if not has_more:
            self._is_answered = True
            self._inbox.end(NO_CLOSE)
            self._hang_up()

    # The conversation.

    @property
    def _is_open(self) -> bool:
        return self._is_switched and self._protocol.state is State.OPEN

    @property
    def _is_held_up(self) -> bool:
        return self._is_expelled or self._is_open and (self._inbox.is_full or not self._writable.is_set())

    def _read(self) -> None:
        """Reads for one turn; the rest comes in the next one, or when the page has made room."""
        self._turn = None
        data, position = self._unread, 0
        end = perf_counter() + TURN_SECONDS
        while position < len(data) and not self._is_held_up and not self.transport.is_closing():
            self._read_slice(data[position : position + SLICE_BYTES])
            position += SLICE_BYTES
            if perf_counter() > end:
                break
        self._unread = data[position:]
        self._adjust_reading()

    def _read_slice(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            if (is_crumb(frame) or not self._is_open) and not self._allowance.take():
                self._is_expelled = True
                self._protocol.fail(TOO_MANY_FRAMES, 'too many frames with next to nothing in them')
                break
            try:
                message = self._messages.read(frame)
            except UnicodeDecodeError:
                self._protocol.fail(INVALID_TEXT, 'the text is not UTF-8')
                break
            if message is not None:
                self._inbox.put(*message)
        self._flush()

    def _flush(self) -> None:
        for part in self._protocol.data_to_send():
            if part:
                self.transport.write(part)
            else:  # the library's sign for the end
                self._hang_up()
        if not self._is_open:
            close = self._protocol.close_rcvd or self._protocol.close_sent
            self._inbox.end(NO_CLOSE if close is None else int(close.code), close and close.reason)

    def _adjust_reading(self) -> None:
        self._pulse.is_deaf = self._inbox.is_full
        if not self._is_switched or self.transport.is_closing():
            return
        must_pause = self._is_held_up or bool(self._unread)
        if must_pause != self._is_paused:
            self._is_paused = must_pause
            (self.transport.pause_reading if must_pause else self.transport.resume_reading)()
        if self._unread and self._turn is None and not self._is_held_up:
            self._turn = self._loop.call_soon(self._read)

    def _ping(self) -> None:
        if self._is_open:
            self._protocol.send_ping(b'')
            self._flush()

    # The end.

    def _close(self, code: int, reason: str) -> None:
        self._protocol.send_close(code, reason)  # raises for a code and a reason that cannot be sent
        self._flush()
        self._end_soon()

    def _give_up(self) -> None:
        self._inbox.end(NO_CLOSE, 'no sign of life')
        self.transport.abort()

    def _hang_up(self) -> None:
        """Ends our side, and the connection soon: if it ended at once, what was written last could be lost."""
        if not self.transport.is_closing():
            self.transport.write_eof()
            self._end_soon()

    def _end_soon(self) -> None:
        self._adjust_reading()
        if self._end_timer is None:
            self._end_timer = self._loop.call_later(CLOSE_SECONDS, self.transport.abort)
