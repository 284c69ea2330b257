"""The request that the job's code is serving: `self.request_context.get().headers`."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import parse_qsl

RawHeaders = List[Tuple[bytes, bytes]]


class Headers(Mapping[str, str]):
    """Header fields by name in any case; of a repeated field the first."""

    __slots__ = ('raw',)

    def __init__(self, raw: RawHeaders):
        self.raw = raw

    def __getitem__(self, name: str) -> str:
        wanted = name.lower().encode('latin-1', 'replace')
        for key, value in self.raw:
            if key == wanted:
                return value.decode('latin-1')
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.decode('latin-1') for key, _ in self.raw))

    def __len__(self) -> int:
        return len({key for key, _ in self.raw})

    def getlist(self, name: str) -> List[str]:
        wanted = name.lower().encode('latin-1', 'replace')
        return [value.decode('latin-1') for key, value in self.raw if key == wanted]

    def __repr__(self) -> str:
        return f'Headers({len(self)} fields)'  # values may be secret


def strip_credentials(scope: Dict[str, Any]) -> None:
    """Takes what the caller proves itself with, as a header or as a cookie, out of a request.

    It was meant for the platform; the job's code could act in the caller's name with it.
    """
    kept: RawHeaders = []
    for name, value in scope['headers']:
        if name == b'cookie':
            value = b'; '.join(each for each in map(bytes.strip, value.split(b';')) if not _is_credential(each))
            if not value:
                continue
        elif name in CREDENTIAL_HEADERS:
            continue
        kept.append((name, value))
    scope['headers'] = kept


#: Names of the headers, and, in any case, of the cookie.
CREDENTIAL_HEADERS = frozenset(
    (b'x-racetrack-auth', b'x-racetrack-esc-auth', b'x-racetrack-user-auth', b'x-racetrack-job-auth')
)


def _is_credential(cookie: bytes) -> bool:
    return cookie.partition(b'=')[0].strip().lower() in CREDENTIAL_HEADERS


class JobRequest:
    """One call, as the job's code may look at it."""

    __slots__ = ('_scope',)

    def __init__(self, scope: Dict[str, Any]):
        self._scope = scope

    @property
    def method(self) -> str:
        return self._scope.get('method', 'GET')  # of a WebSocket's opening

    @property
    def path(self) -> str:
        return self._scope['path']

    @property
    def headers(self) -> Headers:
        return Headers(self._scope['headers'])

    @property
    def query_params(self) -> Dict[str, str]:
        return dict(parse_qsl(self._scope['query_string'].decode('latin-1'), keep_blank_values=True))

    @property
    def cookies(self) -> Dict[str, str]:
        pairs = [each.partition('=') for line in self.headers.getlist('cookie') for each in line.split(';')]
        return {name.strip(): value.strip() for name, equals, value in pairs if equals}


request_context: ContextVar[JobRequest] = ContextVar('request_context')
#: Something of the job's own to keep for the length of one call.
request_extra: ContextVar[Dict[str, Any]] = ContextVar('request_extra')


def find_header(name: bytes) -> Optional[str]:
    """A header of the current call; `None` outside of one or when it is not there."""
    request = request_context.get(None)
    return None if request is None else request.headers.get(name.decode('latin-1'))
