"""Values of numpy, pandas and polars as JSON. None of them is imported here: a job that has no arrays has none of it.

What stands for a missing value in these libraries becomes null: NaT everywhere, and in pandas NaN as well, where it has
no other meaning. A NaN among numbers of numpy is a number that JSON cannot say.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Dict, Optional

NANOSECONDS = 1_000_000_000


def from_numpy(value: Any) -> Any:
    """Arrays become nested lists, scalars numbers, masked elements null."""
    kind = getattr(getattr(value, 'dtype', None), 'kind', '')
    if kind == 'M':
        return _without_nat(value.astype(str).tolist())
    if kind == 'm':
        return _to_seconds(value.astype('timedelta64[ns]').astype('int64').tolist())
    if not hasattr(value, 'tolist'):
        raise TypeError(f'an object of type {type(value).__name__} cannot be turned into JSON')
    return value.tolist()


def _without_nat(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nat(member) for member in value]
    return None if value == 'NaT' else value


def _to_seconds(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_seconds(member) for member in value]
    return None if value == -(2**63) else value / NANOSECONDS  # the least number stands for NaT


def from_pandas(value: Any) -> Any:
    """A table becomes a list of objects, a column a list, a moment ISO 8601 text."""
    if hasattr(value, 'to_dict') and hasattr(value, 'columns'):
        return _with_nulls(value).to_dict('records')
    if hasattr(value, 'tolist') and hasattr(value, 'to_numpy'):
        return _list_column(value)
    text = str(value)
    if text in ('NaT', '<NA>'):
        return None
    if hasattr(value, 'total_seconds'):
        return value.total_seconds()
    if hasattr(value, 'isoformat'):
        return value.isoformat()
    if type(value).__name__ not in ('Period', 'Interval'):
        raise TypeError(f'an object of type {type(value).__name__} cannot be turned into JSON')
    return text


def _list_column(value: Any) -> Any:
    if hasattr(value, 'where') and hasattr(value, 'to_dict'):
        return _with_nulls(value).tolist()
    members = value.tolist()
    try:
        missing = value.isna()
    except (AttributeError, NotImplementedError):  # an index of tuples, for instance
        return members
    return [None if is_missing else member for member, is_missing in zip(members, missing)]


def _with_nulls(value: Any) -> Any:
    return value.astype(object).where(value.notna(), None)


def from_polars(value: Any) -> Any:
    """As pandas; in polars a missing value is null already."""
    if hasattr(value, 'collect'):
        value = value.collect()
    for name in ('to_dicts', 'to_list'):
        if hasattr(value, name):
            return getattr(value, name)()
    return str(value)


#: By the package that a class comes from.
CONVERTERS: Dict[str, Callable[[Any], Any]] = {
    'numpy': from_numpy,
    'pandas': from_pandas,
    'polars': from_polars,
}


@lru_cache(maxsize=512)
def find_table_converter(kind: Any) -> Optional[Callable[[Any], Any]]:
    """For classes of these libraries, and what jobs derive from them."""
    roots = (base.__module__.partition('.')[0] for base in kind.__mro__)
    return next((CONVERTERS[root] for root in roots if root in CONVERTERS), None)
