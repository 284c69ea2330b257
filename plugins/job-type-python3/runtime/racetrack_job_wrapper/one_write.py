"""Sends the head and the body of an answer together: one system call here, one wake-up for the caller."""

from __future__ import annotations

from typing import Any


class HeadHolder:
    """A transport that keeps a response head back until the bytes that follow it, or `flush`."""

    __slots__ = (
        '_transport', '_head', 'get_extra_info', 'is_closing', 'pause_reading', 'resume_reading', 'set_protocol'
    )  # fmt: skip

    def __init__(self, transport: Any):
        self._transport = transport
        self._head = b''
        for name in self.__slots__[2:]:
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

    def close(self) -> None:
        self.flush()
        self._transport.close()


def with_one_write(protocol_class: Any) -> Any:
    """A class of uvicorn's protocol that writes that way."""

    class OneWriteProtocol(protocol_class):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(HeadHolder(transport))

        def on_response_complete(self) -> None:
            self.transport.flush()  # an answer without a body, such as one to HEAD
            super().on_response_complete()

    return OneWriteProtocol
