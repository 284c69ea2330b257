"""The one kind of error that crosses the protocol."""

from __future__ import annotations


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
