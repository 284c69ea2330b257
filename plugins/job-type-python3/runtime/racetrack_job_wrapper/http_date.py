"""The `Date` header (RFC 9110, 6.6.1)."""

from __future__ import annotations

import time
from email.utils import formatdate

_second = 0
_text = b''


def http_date() -> bytes:
    """The current time, formatted at most once a second. Belongs to the event loop."""
    global _second, _text
    now = int(time.time())
    if now != _second:
        _second, _text = now, formatdate(now, usegmt=True).encode()
    return _text
