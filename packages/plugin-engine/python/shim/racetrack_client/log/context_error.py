from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator


class ContextError(RuntimeError):
    """An error with what was being done when it happened."""

    def __init__(self, context: str, cause: BaseException | None = None) -> None:
        super().__init__(context if cause is None else f'{context}: {cause}')
        self.context = context
        self.__cause__ = cause


@contextmanager
def wrap_context(context_name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise ContextError(context_name, error) from error
