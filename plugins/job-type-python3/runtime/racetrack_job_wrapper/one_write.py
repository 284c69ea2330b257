"""Sends the head and the body of an answer together: one system call here, one wake-up for the caller."""

from __future__ import annotations

import asyncio
from typing import Any

#: How long a caller who is still sending has to read an answer that came early.
LINGER_SECONDS = 2.0

_BAD_REQUEST = b'{"detail":"Bad Request","error":"this is not a valid HTTP/1.1 request"}'
BAD_REQUEST = (
    b'HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n'
    b'content-length: %d\r\n\r\n%s' % (len(_BAD_REQUEST), _BAD_REQUEST)
)


class HeadHolder:
    """A transport that keeps a response head back until the bytes that follow it, or `flush`."""

    __slots__ = (
        '_transport', '_protocol', '_head', '_is_ending', 'get_extra_info', 'pause_reading', 'resume_reading',
        'set_protocol',
    )  # fmt: skip

    def __init__(self, transport: Any, protocol: Any):
        self._transport = transport
        self._protocol = protocol
        self._head = b''
        self._is_ending = False
        for name in self.__slots__[4:]:
            setattr(self, name, getattr(transport, name))

    def write(self, data: bytes) -> None:
        if self._head:
            head, self._head = self._head, b''
            self._transport.write(head + data if len(data) < 65536 else head)
            if len(data) >= 65536:
                self._transport.write(data)
        elif data.startswith(b'HTTP/1.1 ') and not data.startswith(b'HTTP/1.1 1'):
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        if self._head:
            head, self._head = self._head, b''
            self._transport.write(head)

    @property
    def bare(self) -> Any:
        """The transport itself, for a connection that speaks HTTP no longer."""
        self.flush()
        return self._transport

    def is_closing(self) -> bool:
        return self._is_ending or self._transport.is_closing()

    def close(self) -> None:
        self.flush()
        if self._is_ending:
            return
        if not self._is_early():
            self._transport.close()
            return
        # Closed at once, with bytes unread, the answer might be lost on its way: end it, and wait a little.
        self._is_ending = True
        self._transport.pause_reading()
        self._transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)

    def _is_early(self) -> bool:
        """Whether the answer is complete, and the caller may still be sending what nobody reads any more."""
        cycle = self._protocol.cycle
        return cycle is not None and cycle.response_complete and cycle.more_body and not cycle.disconnected


def with_one_write(protocol_class: Any) -> Any:
    """A class of uvicorn's protocol that writes that way."""

    class OneWriteProtocol(protocol_class):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(HeadHolder(transport, self))

        def on_response_complete(self) -> None:
            self.transport.flush()  # an answer without a body, such as one to HEAD
            super().on_response_complete()

        def send_400_response(self, _message: str) -> None:
            self.transport.write(BAD_REQUEST)
            self.transport.close()

    return OneWriteProtocol
