"""JSON Schema of type annotations, for the documentation of a job."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import typing
import uuid
from collections import abc
from typing import Any, Dict, List

from racetrack_job_wrapper import annotations as hints
from racetrack_job_wrapper.encoding import encode_json
from racetrack_job_wrapper.files import is_uploaded_file

Schema = Dict[str, Any]

REFERENCE = '#/components/schemas/{model}'

#: Of one document. A few lines of types that name each other can stand for more than any machine holds.
MAX_DESCRIBED = 10_000

#: What says enough by itself.
_SIMPLE: Dict[Any, Schema] = {
    int: {'type': 'integer'},
    float: {'type': 'number'},
    str: {'type': 'string'},
    bool: {'type': 'boolean'},
    hints.NONE_TYPE: {'type': 'null'},
    datetime.datetime: {'type': 'string', 'format': 'date-time'},
    datetime.date: {'type': 'string', 'format': 'date'},
    datetime.time: {'type': 'string', 'format': 'time'},
    decimal.Decimal: {'type': 'number'},
    uuid.UUID: {'type': 'string', 'format': 'uuid'},
    bytes: {'type': 'string', 'format': 'binary'},
}
_ARRAYS = (list, tuple, set, frozenset, abc.Sequence, abc.Iterable, abc.Collection, abc.Set, abc.MutableSequence)
_OBJECTS = (dict, abc.Mapping, abc.MutableMapping)
#: Annotations that could not be looked up, by their text.
_BY_TEXT = {kind.__name__: schema for kind, schema in _SIMPLE.items()}


class SchemaWriter:
    """Describes annotations; classes are described once, in `components`, under their names."""

    def __init__(self) -> None:
        self.components: Dict[str, Schema] = {}
        self._names: Dict[Any, str] = {}
        self._described = 0

    def describe(self, annotation: Any) -> Schema:
        """The schema, empty for what cannot be told, or would be too much; never raises."""
        self._described += 1
        if self._described > MAX_DESCRIBED:
            return {}
        try:
            return self._describe(hints.bare(annotation))
        except Exception:  # classes of the job may do anything when they are looked at
            return {}

    def _describe(self, annotation: Any) -> Schema:
        if isinstance(annotation, str):
            return dict(_BY_TEXT.get(annotation, {}))
        if hints.is_model(annotation):
            return self._refer(annotation, self._describe_model)
        if hints.is_dataclass(annotation):
            return self._refer(annotation, self._describe_dataclass)
        if hints.is_enum(annotation):
            return self._refer(annotation, _describe_enum)
        if hints.is_typed_dict(annotation):
            return self._refer(annotation, self._describe_typed_dict)
        if hints.is_literal(annotation):
            return {'enum': list(typing.get_args(annotation))}
        if hints.is_union(annotation):
            return {'anyOf': [self.describe(member) for member in hints.members_of_union(annotation)]}
        if is_uploaded_file(annotation):
            return {'type': 'string', 'format': 'binary'}
        return self._describe_generic(annotation)

    def _describe_generic(self, annotation: Any) -> Schema:
        kind = typing.get_origin(annotation) or annotation
        members = typing.get_args(annotation)
        if kind is tuple and members and members[-1] is not Ellipsis:
            each = [self.describe(member) for member in members]
            return {'type': 'array', 'prefixItems': each, 'minItems': len(each), 'maxItems': len(each)}
        if kind in _ARRAYS:
            schema: Schema = {'type': 'array', 'items': self.describe(members[0]) if members else {}}
            return {**schema, 'uniqueItems': True} if kind in (set, frozenset, abc.Set) else schema
        if kind in _OBJECTS:
            values = self.describe(members[1]) if members else {}
            return {'type': 'object', 'additionalProperties': values} if values else {'type': 'object'}
        return dict(_SIMPLE.get(kind, {})) if isinstance(kind, type) else {}

    def _refer(self, kind: Any, describe: Any) -> Schema:
        if kind not in self._names:
            name = self._choose_name(kind)
            self._names[kind] = name
            self.components[name] = {}  # its place, for classes that contain themselves
            try:
                self.components[name] = describe(kind)
            except Exception:  # shown as anything
                pass
        return {'$ref': REFERENCE.format(model=self._names[kind])}

    def _choose_name(self, kind: Any) -> str:
        name, number = kind.__name__, 2
        while name in self.components:
            name, number = f'{kind.__name__}{number}', number + 1
        return name

    def _describe_model(self, kind: Any) -> Schema:
        """In pydantic's own words; what it refers to goes to the components as well."""
        if hints.is_model_v2(kind):
            schema = kind.model_json_schema(ref_template=REFERENCE)
        else:
            schema = kind.schema(ref_template=REFERENCE)
        for name, inner in {**schema.pop('definitions', {}), **schema.pop('$defs', {})}.items():
            self.components.setdefault(name, inner)
        return schema

    def _describe_dataclass(self, kind: Any) -> Schema:
        types = hints.fields_of(kind)
        fields = [field for field in dataclasses.fields(kind) if field.init]
        properties = {field.name: self._describe_field(types.get(field.name, Any), field) for field in fields}
        missing = dataclasses.MISSING
        required = [each.name for each in fields if each.default is missing and each.default_factory is missing]
        return _object(kind, properties, required)

    def _describe_field(self, annotation: Any, field: Any) -> Schema:
        schema = self.describe(annotation)
        if field.default is dataclasses.MISSING or not is_showable(field.default):
            return schema
        return {**schema, 'default': field.default}

    def _describe_typed_dict(self, kind: Any) -> Schema:
        types = hints.fields_of(kind)
        properties = {name: self.describe(annotation) for name, annotation in types.items()}
        required: List[str] = sorted(getattr(kind, '__required_keys__', ()), key=list(types).index)
        return {'title': kind.__name__, 'type': 'object', 'properties': properties, 'required': required}


def _object(kind: Any, properties: Dict[str, Schema], required: List[str]) -> Schema:
    schema: Schema = {'title': kind.__name__, 'type': 'object', 'properties': properties}
    text = kind.__doc__ or ''
    if text and not text.startswith(f'{kind.__name__}('):  # else made by the decorator
        schema['description'] = text.strip()
    return {**schema, 'required': required} if required else schema


def _describe_enum(kind: Any) -> Schema:
    values = [member.value for member in kind]
    schema: Schema = {'title': kind.__name__, 'enum': values}
    return {**schema, 'type': 'string'} if all(isinstance(value, str) for value in values) else schema


def is_showable(value: Any) -> bool:
    """Whether a default can stand in the documentation."""
    try:
        encode_json(value)
    except Exception:  # any value may be a default
        return False
    return not isinstance(value, enum.Enum)
