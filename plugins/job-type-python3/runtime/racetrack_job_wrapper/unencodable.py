"""Finds what JSON has no word for in a result: NaN, an infinity, an object that nothing is known of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

from racetrack_job_wrapper.encoding import to_encodable
from racetrack_job_wrapper.errors import message_of

#: Results that are nested deeper are told without a place.
MAX_DEPTH = 100


def describe_unencodable(result: Any) -> str:
    """Where the first one stands, such as `$.a[1] is nan`, and what to do; empty when there is none to be found."""
    try:
        found = _find(result, '$', MAX_DEPTH)
    except Exception:  # values of the job may do anything when they are looked at again
        return ''
    return found or ''


def _find(value: Any, place: str, depth: int) -> Optional[str]:
    if isinstance(value, float):
        if math.isfinite(value):
            return None
        return f'{place} is {float(value)!r}, which JSON cannot say; return None for a missing number'
    if depth == 0 or value is None or isinstance(value, (str, int)):
        return None
    if isinstance(value, Mapping):
        inner = ((f'{place}.{key}', member) for key, member in value.items())
    elif isinstance(value, (list, tuple)):
        inner = ((f'{place}[{index}]', member) for index, member in enumerate(value))
    else:
        return _find_inside(value, place, depth)
    found = (_find(member, where, depth - 1) for where, member in inner)
    return next((each for each in found if each is not None), None)


def _find_inside(value: Any, place: str, depth: int) -> Optional[str]:
    """In an object that the encoder does not know by itself."""
    try:
        encodable = to_encodable(value)
    except Exception as error:
        return f'{place}: {message_of(error).removesuffix(" cannot be turned into JSON")}'
    return _find(encodable, place, depth - 1)
