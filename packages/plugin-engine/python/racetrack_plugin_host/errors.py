"""The one kind of error that crosses the protocol."""

from __future__ import annotations

import os
import traceback


class HostError(Exception):
    """A refusal with a code of the platform (docs/reference/errors.md)."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint

    def to_json(self) -> dict:
        return {'code': self.code, 'message': str(self), 'hint': self.hint}


def describe(error: BaseException) -> str:
    """The text of an error for people: its own words, with its kind where these alone say little."""
    text = str(error).strip()
    kind = type(error).__name__
    if isinstance(error, HostError):
        return text
    return f'{kind}: {text}' if text else kind


def locate(error: BaseException, plugin_dir: str) -> str:
    """`` (plugin.py:3)``: the innermost line of the plugin's own, or nothing."""
    if isinstance(error, (HostError, SyntaxError)):
        return ''
    folder = os.path.join(plugin_dir, '')
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(folder)]
    return f' ({own[-1].filename[len(folder) :]}:{own[-1].lineno})' if own else ''
