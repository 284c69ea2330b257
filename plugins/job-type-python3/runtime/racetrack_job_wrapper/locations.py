"""Keeps redirects of a webview below the address that the caller used, with its alias of the version."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Tuple

Header = Tuple[bytes, bytes]


class LocationRewriter:
    """Applications know one address, that of the exact version, and some write it with the host that they see."""

    def __init__(self, scope: Dict[str, Any], base_url: str, called_base: str):
        headers = dict(scope['headers'])
        hosts = [headers[name] for name in (b'host', b'x-forwarded-host') if headers.get(name)]
        self._origins = [scheme + host for host in hosts for scheme in (b'http://', b'https://', b'//')]
        self._base_url = base_url.encode('utf-8')
        self._called_base = called_base.encode('utf-8')

    def rewrite(self, headers: Iterable[Any]) -> List[Header]:
        return [
            (name, self._rewrite(value) if name.lower() == b'location' else value)
            for name, value in ((bytes(name), bytes(value)) for name, value in headers)
        ]

    def _rewrite(self, location: bytes) -> bytes:
        for origin in self._origins:
            if location.startswith(origin + b'/'):
                location = location[len(origin) :]
                break
        rest = location[len(self._base_url) :]
        if location.startswith(self._base_url) and (rest == b'' or rest[:1] in b'/?#'):
            return self._called_base + rest
        return location
