"""Reads long JSON texts in short steps, so that other threads, first of all the server's, have their turns.

The reader of the standard library keeps all other threads waiting from the first byte to the last: for seconds when a
text has millions of small values. Here it reads windows of the text, one after the other.
"""

from __future__ import annotations

import contextlib
import gc
import re
import threading
from json import JSONDecodeError, JSONDecoder
from typing import Any, Dict, Iterator, List, Tuple, Union

#: A few milliseconds' worth.
WINDOW = 64 * 1024
#: Tried first for a value alone.
_SMALL_WINDOW = 512
#: What may follow a number that a window has cut (`1e+`), so that it looks like another one.
_MARGIN = 4
#: A window may end at the comma of these, between two members: of numbers and texts, of lists, of objects.
_ENDS = (',', '],', '},', '],[', '},{')
_SPACE = re.compile(r'[ \t\n\r]*')


class LargeReader:
    """Reads one text; equal in all results to the decoder whose scanner it uses, errors included."""

    def __init__(self, decoder: JSONDecoder, text: str):
        self._scan = decoder.scan_once
        self._text = text

    def read(self) -> Any:
        """Raises `ValueError` and `RecursionError`, as the decoder does."""
        with _without_collection():
            value, end = self._read_value(self._skip(0))
            end = self._skip(end)
            if end != len(self._text):
                raise JSONDecodeError('Extra data', self._text, end)
            return value

    def _read_value(self, at: int) -> Tuple[Any, int]:
        for size in (_SMALL_WINDOW, WINDOW):
            found = self._try_scan(self._text[at : at + size], at)
            if found is not None:
                return found[0], at + found[1]
        opening = self._text[at : at + 1]
        if opening == '[':
            return self._read_members(at, [], ']')
        if opening == '{':
            return self._read_members(at, {}, '}')
        return self._scan_all(at)

    def _read_members(self, at: int, into: Union[List[Any], Dict[str, Any]], closing: str) -> Tuple[Any, int]:
        at = self._skip(at + 1)
        if self._text[at : at + 1] == closing:
            return into, at + 1
        many_from = at
        while True:
            start = at
            at = self._read_member(at, into)
            at = self._skip(at)
            if self._text[at : at + 1] == closing:
                return into, at + 1
            at = self._skip(self._expect(',', at))
            if at >= many_from and at - start < WINDOW // 2:  # they are small: many at once
                at = self._skip(self._read_many(at, into, closing))
                many_from = at + WINDOW  # it was no use with this one

    def _read_member(self, at: int, into: Union[List[Any], Dict[str, Any]]) -> int:
        if isinstance(into, list):
            value, at = self._read_value(at)
            into.append(value)
            return at
        if self._text[at : at + 1] != '"':
            raise JSONDecodeError('Expecting property name enclosed in double quotes', self._text, at)
        key, at = self._read_value(at)
        into[key], at = self._read_value(self._skip(self._expect(':', self._skip(at))))
        return at

    def _read_many(self, at: int, into: Union[List[Any], Dict[str, Any]], closing: str) -> int:
        """Adds what stands in windows that end between two members; where the first other one begins."""
        opening = '[' if closing == ']' else '{'
        while True:
            window = self._text[at : at + WINDOW]
            cuts = {window.rfind(end) + end.index(',') for end in _ENDS if end in window}
            for cut in sorted(cuts, reverse=True):
                # A cut within a member leaves a bracket or a text open, and is refused.
                found = self._try_scan(f'{opening}{window[:cut]}{closing}    ', at)
                if found is not None and found[0] and found[1] == cut + 2:
                    break
            else:
                return at
            if isinstance(into, list):
                into += found[0]
            else:
                into.update(found[0])
            at += cut + 1

    def _try_scan(self, window: str, at: int) -> Any:
        """A value and its end, unless the window holds something else, or not all of it."""
        try:
            value, end = self._scan(window, 0)
        except (ValueError, StopIteration):
            return None
        is_cut = end + _MARGIN > len(window) and at + len(window) < len(self._text)
        return None if is_cut else (value, end)

    def _scan_all(self, at: int) -> Tuple[Any, int]:
        try:
            return self._scan(self._text, at)
        except StopIteration as stop:
            raise JSONDecodeError('Expecting value', self._text, stop.value) from None

    def _expect(self, mark: str, at: int) -> int:
        if self._text[at : at + 1] != mark:
            raise JSONDecodeError(f'Expecting {mark!r} delimiter', self._text, at)
        return at + 1

    def _skip(self, at: int) -> int:
        return _SPACE.match(self._text, at).end()  # type: ignore[union-attr]


_lock = threading.Lock()
_readers = 0
_was_enabled = False


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Pauses the garbage collector, which would look at millions of new values again and again, all others waiting."""
    global _readers, _was_enabled
    with _lock:
        if _readers == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _readers += 1
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if _readers == 0 and _was_enabled:
                if gc.get_freeze_count() == 0:  # counts them among the old ones, without a look
                    gc.freeze()
                    gc.unfreeze()
                gc.enable()
