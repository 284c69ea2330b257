"""Turns whatever a job returns into compact UTF-8 JSON."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import inspect
import ipaddress
import json
import pathlib
import re
import uuid
from collections import deque
from collections.abc import Mapping
from types import GeneratorType
from typing import Any, Callable, Dict, Tuple

from racetrack_job_wrapper.tables import find_table_converter

#: Kinds that hold other values in order.
SEQUENCES: Tuple[type, ...] = (
    *(set, frozenset, deque, range, GeneratorType, map, filter, zip, reversed, enumerate),
    *(type({}.keys()), type({}.values()), type({}.items())),
)


def encode_json(value: Any) -> bytes:
    """Encodes a value.

    Raises `ValueError` for NaN, infinities, cycles and bytes that are not UTF-8, `TypeError` for objects that have no
    representation, and whatever the value's own hooks raise.
    """
    try:
        text = _encode(value)
    except TypeError:
        # Only the keys of mappings cannot be helped by a hook of the encoder: rewrite those, then try again.
        text = _encode(with_text_keys(value))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8, but an escape
        return _encode_ascii(_decode(text)).encode()


def to_encodable(value: Any) -> Any:
    """One step towards JSON for a value that the encoder does not know."""
    hook = getattr(value, '__to_json__', None)
    if callable(hook):
        return hook()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields_of(value)
    convert_table = find_table_converter(type(value))
    if convert_table is not None:
        return convert_table(value)
    for kind, convert in CONVERTERS:
        if isinstance(value, kind):
            return convert(value)
    if _is_array(value):
        return value.tolist()
    if hasattr(value, 'model_dump'):
        return value.model_dump(mode='json', by_alias=True)
    if _is_pydantic_v1(value):
        return value.dict(by_alias=True)
    return _members_of(value)


def with_text_keys(value: Any) -> Any:
    """Copies containers so that every key is text, a number, a boolean or null."""
    if isinstance(value, Mapping):
        return {_key(key): with_text_keys(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_text_keys(member) for member in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return with_text_keys(to_encodable(value))


def _key(key: Any) -> Any:
    if key is None or isinstance(key, (str, int, float)):
        return key
    try:
        encodable = to_encodable(key)
    except TypeError:
        return str(key)
    return encodable if encodable is None or isinstance(encodable, (str, int, float)) else str(key)


def _fields_of(value: Any) -> Dict[str, Any]:
    fields = dataclasses.fields(value)
    return {field.name: getattr(value, field.name) for field in fields if not field.metadata.get('exclude')}


def _is_array(value: Any) -> bool:
    """Tensors, and whatever else behaves as numpy's arrays."""
    return hasattr(value, 'dtype') and hasattr(value, 'tolist') and not isinstance(value, type)


def _is_pydantic_v1(value: Any) -> bool:
    return hasattr(value, '__fields__') and callable(getattr(value, 'dict', None))


def _members_of(value: Any) -> Dict[str, Any]:
    """The last resort: what the object holds, as a mapping or as attributes."""
    if hasattr(value, 'keys') and hasattr(value, '__getitem__'):
        return dict(value)
    if isinstance(value, type) or inspect.isroutine(value) or not hasattr(value, '__dict__'):
        raise TypeError(f'an object of type {type(value).__name__} cannot be turned into JSON')
    return vars(value)


def _number(value: decimal.Decimal) -> Any:
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)


#: Looked through in order; subclasses before their bases.
CONVERTERS: Tuple[Tuple[Any, Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: value.value),
    (Mapping, dict),
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    (decimal.Decimal, _number),
    (SEQUENCES, list),
    ((bytes, bytearray, memoryview), lambda value: bytes(value).decode('utf-8')),
    ((pathlib.PurePath, uuid.UUID, ipaddress._IPAddressBase), str),
    (re.Pattern, lambda value: value.pattern),
)


def _create_encoder() -> Callable[[Any], str]:
    """The standard encoder, made once: `json.dumps` makes one for each value."""
    slow = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(',', ':'), default=to_encodable)
    try:
        # No record of the containers above a value: a cycle ends as a RecursionError all the same.
        parts_of = json.encoder.c_make_encoder(  # type: ignore[attr-defined]
            None, to_encodable, json.encoder.encode_basestring, None, ':', ',', False, False, False
        )
        assert ''.join(parts_of({'a': [1, 'b']}, 0)) == '{"a":[1,"b"]}'
    except Exception:  # not there in every implementation of Python
        return slow.encode
    return lambda value: ''.join(parts_of(value, 0))


_encode = _create_encoder()
_encode_ascii = json.JSONEncoder(separators=(',', ':')).encode
_decode = json.JSONDecoder().decode
