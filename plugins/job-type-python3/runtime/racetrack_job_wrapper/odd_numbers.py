"""Finds the number of a result that JSON has no word for: NaN, or an infinity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

from racetrack_job_wrapper.encoding import to_encodable

#: Results that are nested deeper are told without a place.
MAX_DEPTH = 100


def describe_number(result: Any) -> str:
    """Where the first one stands, such as `$.a[1] is nan`, and what to do; empty when there is none to be found."""
    try:
        found = _find(result, '$', MAX_DEPTH)
    except Exception:  # values of the job may do anything when they are looked at again
        return ''
    return '' if found is None else f'{found}, which JSON cannot say; return None for a missing number'


def _find(value: Any, place: str, depth: int) -> Optional[str]:
    if isinstance(value, float):
        return None if math.isfinite(value) else f'{place} is {float(value)!r}'
    if depth == 0 or value is None or isinstance(value, (str, int)):
        return None
    if isinstance(value, Mapping):
        inner = ((f'{place}.{key}', member) for key, member in value.items())
    elif isinstance(value, (list, tuple)):
        inner = ((f'{place}[{index}]', member) for index, member in enumerate(value))
    else:
        return _find(to_encodable(value), place, depth - 1)
    found = (_find(member, where, depth - 1) for where, member in inner)
    return next((each for each in found if each is not None), None)
