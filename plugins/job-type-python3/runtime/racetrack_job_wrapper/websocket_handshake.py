"""The opening of a WebSocket: what the caller asks for, and what the job answers (RFC 6455, 4.2)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple
from urllib.parse import unquote

from racetrack_job_wrapper.responses import check_head

Header = Tuple[bytes, bytes]

#: What the library needs to see of a request; other fields may be longer than it reads.
_OPENING_FIELDS = frozenset((b'connection', b'upgrade', b'sec-websocket-key', b'sec-websocket-version'))
#: Written by the server, whatever the application says.
_RESERVED = frozenset(
    (b'connection', b'upgrade', b'sec-websocket-accept', b'sec-websocket-extensions', b'sec-websocket-protocol')
)


class Opening(NamedTuple):
    target: bytes
    headers: List[Header]

    def reduced(self) -> bytes:
        """The head with nothing in it but the opening itself."""
        lines = [b'%s: %s' % field for field in self.headers if field[0] in _OPENING_FIELDS]
        return b'\r\n'.join((b'GET / HTTP/1.1', *lines, b'', b''))

    def to_scope(self) -> Dict[str, Any]:
        """The connection as the specification of ASGI describes it."""
        raw_path, _, query = self.target.partition(b'?')
        protocols = b','.join(value for name, value in self.headers if name == b'sec-websocket-protocol')
        return {
            'type': 'websocket',
            'asgi': {'version': '3.0', 'spec_version': '2.4'},
            'http_version': '1.1',
            'scheme': 'ws',
            'path': unquote(raw_path.decode('latin-1')),
            'raw_path': raw_path,
            'query_string': query,
            'root_path': '',
            'headers': self.headers,
            'subprotocols': [each.strip().decode('latin-1') for each in protocols.split(b',') if each.strip()],
            'state': {},
            'extensions': {'websocket.http.response': {}},
        }


def read_opening(head: bytes) -> Opening:
    """Reads the head that the HTTP protocol puts together of what it has parsed: names in lower case, no folding."""
    first, *lines = head.split(b'\r\n')
    fields = [line.partition(b': ') for line in lines if line]
    return Opening(first.split(b' ')[1], [(name.lower(), value) for name, _, value in fields])


def write_head(status: int, headers: Iterable[Header]) -> bytes:
    lines = [b'HTTP/1.1 %d %s' % (status, _phrase(status)), *(b'%s: %s' % field for field in headers)]
    return b'\r\n'.join((*lines, b'', b''))


def take_headers(status: int, message: Dict[str, Any]) -> List[Header]:
    """What the application says at the head of its answer; raises `RuntimeError` for what cannot stand there."""
    fields = [(bytes(name).lower(), bytes(value)) for name, value in message.get('headers') or ()]
    headers = [field for field in fields if field[0] not in _RESERVED]
    if message.get('subprotocol') is not None:
        headers.append((b'sec-websocket-protocol', message['subprotocol'].encode('latin-1')))
    check_head(status, headers)
    return headers


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode('ascii')
    except ValueError:
        return b''
