"""A small HTTP client: an answer with an error status is an answer, only a failed connection raises."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class RequestError(RuntimeError):
    pass


class Response:
    def __init__(self, status_code: int, content: bytes, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.content = content
        self.headers = headers

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @property
    def text(self) -> str:
        return self.content.decode(errors='replace')

    def json(self) -> Any:
        return json.loads(self.content)


class Requests:
    @classmethod
    def get(
        cls,
        url: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 10,
    ) -> Response:
        return cls._send('GET', url, params, headers, timeout, None)

    @classmethod
    def post(
        cls,
        url: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        json: Any = None,
        timeout: float = 10,
    ) -> Response:
        return cls._send('POST', url, params, headers, timeout, json)

    @staticmethod
    def _send(
        method: str,
        url: str,
        params: dict[str, str] | None,
        headers: dict[str, str] | None,
        timeout: float,
        body: Any,
    ) -> Response:
        if params:
            url += ('&' if '?' in url else '?') + urllib.parse.urlencode(params)
        if urllib.parse.urlsplit(url).scheme not in ('http', 'https'):
            raise RequestError(f'not an address of HTTP: {url}')
        data = None if body is None else json.dumps(body).encode()
        sent = {**({'Content-Type': 'application/json'} if data else {}), **(headers or {})}
        request = urllib.request.Request(url, data=data, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=_unverified()) as answer:
                return Response(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Response(error.code, error.read(), dict(error.headers))
        except OSError as error:
            raise RequestError(f'{method} {url}: {error}') from error


def _unverified() -> ssl.SSLContext:
    # As in Racetrack 2.36: the platforms that plugins talk to have certificates of their own making.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
