"""How much work a caller may make with frames that bring next to nothing."""

from __future__ import annotations

from time import monotonic

#: That many may come at once: no client that means well sends as many pings, or cuts a message into as many crumbs.
FRAMES_AT_ONCE = 2000
FRAMES_PER_SECOND = 200


class Allowance:
    """Messages wait in the inbox until the page takes them, which holds their sender up; such frames wait nowhere."""

    def __init__(self) -> None:
        self._left = float(FRAMES_AT_ONCE)
        self._since = monotonic()

    def take(self) -> bool:
        """Whether there was one more to have."""
        if self._left < 1:
            now = monotonic()
            self._left = min(FRAMES_AT_ONCE, self._left + (now - self._since) * FRAMES_PER_SECOND)
            self._since = now
        self._left -= 1
        return self._left >= 0
