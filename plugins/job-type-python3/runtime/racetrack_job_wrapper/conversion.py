"""Builds what an annotation says from what JSON can say: dataclasses, pydantic models, enumerations, dates.

A converter is made once for each annotation. Whether a value fits is asked only where the annotation is meant to
build something: the plain hints of a function are documentation, as they always were.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import typing
import uuid
from collections import abc
from typing import Any, Callable, Dict, List, Optional, Tuple

from racetrack_job_wrapper import annotations as hints
from racetrack_job_wrapper.files import UploadedFile, is_uploaded_file

Place = Tuple[Any, ...]
#: Builds a value; the place says where in the input it stands.
Converter = Callable[[Any, Place], Any]

#: Abstract kinds that a JSON array fits.
_SEQUENCES = (list, tuple, set, frozenset, abc.Sequence, abc.Iterable, abc.Collection, abc.Set, abc.MutableSequence)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


class Misfit(Exception):
    """Some of the input does not fit its annotation."""

    def __init__(self, problems: List[Tuple[Place, str, str]]):
        super().__init__('; '.join(f'{show_place(place)}: {message}' for place, _, message in problems))
        #: Where, which kind of problem, and a sentence.
        self.problems = problems


def misfit(place: Place, kind: str, message: str) -> Misfit:
    return Misfit([(place, kind, message)])


def show_place(place: Place) -> str:
    """`('order', 'items', 0, 'price')` becomes `order.items[0].price`."""
    text = ''
    for step in place:
        text += f'[{step}]' if isinstance(step, int) else f'.{step}' if text else str(step)
    return text


def needs_building(annotation: Any) -> bool:
    """Whether the annotation has a dataclass, a pydantic model or a file anywhere in it."""
    waiting = [annotation]
    seen: Dict[int, Any] = {}
    while waiting:
        found = hints.bare(waiting.pop())
        if hints.is_dataclass(found) or hints.is_model(found) or is_uploaded_file(found):
            return True
        # Once each: a few types that name each other several times stand for very many.
        if id(found) not in seen and not hints.is_literal(found):
            waiting += typing.get_args(found)
        seen[id(found)] = found
    return False


def make_converter(annotation: Any, is_lax: bool = False) -> Converter:
    """:param is_lax: text is taken for numbers and truth values, as it comes in addresses."""
    annotation = hints.bare(annotation)
    if annotation is Any or annotation is hints.UNKNOWN or isinstance(annotation, (str, typing.TypeVar)):
        return _keep
    if hints.is_model(annotation):
        return _model(annotation)
    if hints.is_dataclass(annotation):
        return _dataclass(annotation, is_lax)
    if is_uploaded_file(annotation):
        return _file
    if hints.is_union(annotation):
        return _union(hints.members_of_union(annotation), is_lax)
    if hints.is_literal(annotation):
        return _literal(typing.get_args(annotation), is_lax)
    if hints.is_enum(annotation):
        return _enum(annotation, is_lax)
    if hints.is_typed_dict(annotation):
        return _instance(dict, 'dict_type', 'an object is expected')
    return _make_generic(annotation, is_lax)


def _make_generic(annotation: Any, is_lax: bool) -> Converter:
    kind = typing.get_origin(annotation) or annotation
    members = typing.get_args(annotation)
    if kind in _SEQUENCES:
        return _sequence(kind, members, is_lax)
    if kind in _MAPPINGS:
        return _mapping(members, is_lax)
    simple = (_LAX if is_lax else {}).get(kind) or _SIMPLE.get(kind)
    return simple or _keep


def _keep(value: Any, _place: Place) -> Any:
    return value


def _instance(kind: Any, name: str, message: str) -> Converter:
    def convert(value: Any, place: Place) -> Any:
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        raise misfit(place, name, f'{message}, but got {_show(value)}')

    return convert


def _file(value: Any, place: Place) -> Any:
    if isinstance(value, UploadedFile):
        return value
    advice = f'send a form (multipart/form-data) with one file in the field {place[0]!r}'
    raise misfit(place, 'file_type', f'a file is expected, but got {_show(value)}; {advice}')


def octets(value: Any, place: Place) -> bytes:
    """A body of bytes, or the only file of a form."""
    if isinstance(value, UploadedFile):
        return value.read()
    if isinstance(value, bytes):
        return value
    advice = 'send them as the body, with Content-Type: application/octet-stream'
    raise misfit(place, 'bytes_type', f'bytes are expected, but got {_show(value)}; {advice}')


def _number(value: Any, place: Place) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise misfit(place, 'float_type', f'a number is expected, but got {_show(value)}')


def _whole(value: Any, place: Place) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise misfit(place, 'int_type', f'a whole number is expected, but got {_show(value)}')


def _null(value: Any, place: Place) -> Any:
    if value is None:
        return None
    raise misfit(place, 'none_required', f'null is expected, but got {_show(value)}')


def _from_text(parse: Callable[[str], Any], name: str, message: str) -> Converter:
    def convert(value: Any, place: Place) -> Any:
        if isinstance(value, str):
            try:
                return parse(value)
            except (ValueError, ArithmeticError):
                pass
        raise misfit(place, name, f'{message} is expected, but got {_show(value)}')

    return convert


def _decimal(value: Any, place: Place) -> Any:
    try:
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return decimal.Decimal(str(value))
    except ArithmeticError:
        pass
    raise misfit(place, 'decimal_type', f'a decimal number is expected, but got {_show(value)}')


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text[:-1] + '+00:00' if text.endswith('Z') else text)


_SIMPLE: Dict[Any, Converter] = {
    int: _whole,
    float: _number,
    str: _instance(str, 'string_type', 'text is expected'),
    bool: _instance(bool, 'bool_type', 'true or false is expected'),
    hints.NONE_TYPE: _null,
    datetime.datetime: _from_text(_moment, 'datetime_type', 'a time such as 2026-01-31T12:00:00Z'),
    datetime.date: _from_text(datetime.date.fromisoformat, 'date_type', 'a date such as 2026-01-31'),
    datetime.time: _from_text(datetime.time.fromisoformat, 'time_type', 'a time such as 12:00:00'),
    decimal.Decimal: _decimal,
    uuid.UUID: _from_text(uuid.UUID, 'uuid_type', 'a UUID'),
}

_TRUE, _FALSE = frozenset({'true', '1', 'yes', 'y', 'on', 't'}), frozenset({'false', '0', 'no', 'n', 'off', 'f'})


def _truth(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError


def _lax(strict: Converter, parse: Callable[[str], Any], name: str, message: str) -> Converter:
    from_text = _from_text(parse, name, message)
    return lambda value, place: (from_text if isinstance(value, str) else strict)(value, place)


_LAX: Dict[Any, Converter] = {
    int: _lax(_SIMPLE[int], int, 'int_parsing', 'a whole number'),
    float: _lax(_SIMPLE[float], float, 'float_parsing', 'a number'),
    bool: _lax(_SIMPLE[bool], _truth, 'bool_parsing', 'true or false'),
}


def _sequence(kind: Any, members: Tuple[Any, ...], is_lax: bool) -> Converter:
    build = kind if kind in (tuple, set, frozenset) else set if kind is abc.Set else list
    has_places = build is tuple and members and members[-1] is not Ellipsis
    each = [make_converter(member, is_lax) for member in members if member is not Ellipsis] or [_keep]

    def convert(value: Any, place: Place) -> Any:
        if isinstance(value, UploadedFile):  # a form with one file looks no different
            value = [value]
        if not isinstance(value, list):
            raise misfit(place, 'list_type', f'an array is expected, but got {_show(value)}')
        if has_places and len(value) != len(each):
            raise misfit(place, 'list_length', f'an array of {len(each)} is expected, but it has {len(value)} members')
        converters = each if has_places else each[:1] * len(value)
        return build(_collect(converters, enumerate(value), place).values())

    return convert


def _mapping(members: Tuple[Any, ...], is_lax: bool) -> Converter:
    make_key = make_converter(members[0], True) if members else _keep
    make_value = make_converter(members[1], is_lax) if members else _keep

    def convert(value: Any, place: Place) -> Any:
        if not isinstance(value, dict):
            raise misfit(place, 'dict_type', f'an object is expected, but got {_show(value)}')
        built = _collect([make_value] * len(value), value.items(), place)
        return {make_key(key, (*place, key)): member for key, member in built.items()}

    return convert


def _collect(converters: Any, items: Any, place: Place) -> Dict[Any, Any]:
    """Converts all members and gathers what is wrong with any of them."""
    built: Dict[Any, Any] = {}
    problems: List[Tuple[Place, str, str]] = []
    for converter, (key, value) in zip(converters, items):
        try:
            built[key] = converter(value, (*place, key))
        except Misfit as error:
            problems += error.problems
    if problems:
        raise Misfit(problems)
    return built


def _union(members: List[Any], is_lax: bool) -> Converter:
    if hints.NONE_TYPE in members:
        rest = _union([member for member in members if member is not hints.NONE_TYPE], is_lax)
        return lambda value, place: None if value is None else rest(value, place)
    converters = [make_converter(member, is_lax) for member in members]
    if len(converters) == 1:
        return converters[0]
    if is_lax:  # what fits as it is comes first
        converters = [*(make_converter(member) for member in members), *converters]

    def convert(value: Any, place: Place) -> Any:
        problems: List[Tuple[Place, str, str]] = []
        for converter in converters:
            try:
                return converter(value, place)
            except Misfit as error:
                problems += error.problems
        raise Misfit(list(dict.fromkeys(problems)))

    return convert


def _literal(choices: Tuple[Any, ...], is_lax: bool) -> Converter:
    def convert(value: Any, place: Place) -> Any:
        for choice in choices:
            if type(choice) is type(value) and choice == value:
                return choice
        for choice in choices if is_lax and isinstance(value, str) else ():
            if str(choice) == value:
                return choice
        raise misfit(place, 'literal_error', f'one of {_list(choices)} is expected, but got {_show(value)}')

    return convert


def _enum(kind: typing.Type[enum.Enum], is_lax: bool) -> Converter:
    literal = _literal(tuple(member.value for member in kind), is_lax)
    return lambda value, place: kind(literal(value, place))


def _dataclass(kind: Any, is_lax: bool) -> Converter:
    known: Dict[str, Converter] = {}
    required: List[str] = []

    def prepare() -> None:  # late, since a dataclass may contain itself
        types = hints.fields_of(kind)
        for field in dataclasses.fields(kind):
            if not field.init:
                continue
            known[field.name] = make_converter(types.get(field.name, Any), is_lax)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                required.append(field.name)

    def convert(value: Any, place: Place) -> Any:
        if not known:
            prepare()
        if not isinstance(value, dict):
            raise misfit(place, 'dict_type', f'an object is expected, but got {_show(value)}')
        problems = [((*place, name), 'missing', 'this field is required') for name in required if name not in value]
        problems += [
            ((*place, name), 'extra_forbidden', f'there is no such field; known ones are {", ".join(known)}')
            for name in value
            if name not in known
        ]
        if problems:
            raise Misfit(problems)
        built = _collect([known[name] for name in value], value.items(), place)
        try:
            return kind(**built)
        except (ValueError, TypeError) as error:  # of its own __post_init__
            raise misfit(place, 'value_error', str(error)) from error

    return convert


def _model(kind: Any) -> Converter:
    """Lets pydantic do it, in the version that the job has."""
    build = kind.model_validate if hints.is_model_v2(kind) else kind.parse_obj

    def convert(value: Any, place: Place) -> Any:
        try:
            return build(value)
        except ValueError as error:  # pydantic's ValidationError is one, in both versions
            raise Misfit(_problems_of_model(error, place)) from error

    return convert


def _problems_of_model(error: Any, place: Place) -> List[Tuple[Place, str, str]]:
    try:
        return [
            ((*place, *(step for step in row['loc'] if step != '__root__')), str(row['type']), str(row['msg']))
            for row in error.errors()
        ]
    except Exception:  # raised by the job's own code in a model
        return [(place, 'value_error', str(error))]


def _list(choices: Tuple[Any, ...]) -> str:
    return ', '.join(map(_show, choices))


def _show(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: 'null', True: 'true', False: 'false'}[value]
    if isinstance(value, (dict, list)):
        return 'an object' if isinstance(value, dict) else 'an array'
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:60]}…'


def optional_converter(annotation: Any) -> Optional[Converter]:
    """A converter for annotations that build something; `None` for plain ones, which nobody enforces."""
    return make_converter(annotation) if needs_building(annotation) else None
