"""Looks into type annotations, on every Python from 3.9 on."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import sys
import types
import typing
from typing import Any, Callable, Dict, List, Literal, Tuple, Union

NONE_TYPE = type(None)
#: `X | Y` of Python 3.10.
_UNION_TYPES: Tuple[Any, ...] = tuple(kind for kind in (Union, getattr(types, 'UnionType', None)) if kind is not None)

UNKNOWN = inspect.Parameter.empty


def hints_of(function: Callable[..., Any]) -> Dict[str, Any]:
    """Annotations of the parameters, with postponed ones looked up; one that cannot be found stays text."""
    target = function if inspect.isroutine(function) or isinstance(function, type) else type(function).__call__
    try:
        return typing.get_type_hints(target, include_extras=True)
    except Exception:  # a name that exists for type checkers only, for instance
        return {name: _look_up(target, hint) for name, hint in getattr(target, '__annotations__', {}).items()}


def fields_of(kind: type) -> Dict[str, Any]:
    """Annotations of a class's fields."""
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except Exception:
        return dict(getattr(kind, '__annotations__', {}))


def _look_up(target: Any, hint: Any) -> Any:
    if not isinstance(hint, str):
        return hint
    function = getattr(target, '__func__', target)
    module = sys.modules.get(getattr(function, '__module__', ''), None)
    try:
        return eval(hint, getattr(function, '__globals__', vars(module) if module else {}))  # noqa: S307 - job's code
    except Exception:
        return hint


def bare(annotation: Any) -> Any:
    """Without `Annotated[...]`."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return annotation


def is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in _UNION_TYPES


def members_of_union(annotation: Any) -> List[Any]:
    return list(typing.get_args(annotation))


def is_literal(annotation: Any) -> bool:
    return typing.get_origin(annotation) is Literal


def is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, enum.Enum)


def is_dataclass(annotation: Any) -> bool:
    return isinstance(annotation, type) and dataclasses.is_dataclass(annotation)


def is_typed_dict(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, dict) and hasattr(annotation, '__total__')


def is_model(annotation: Any) -> bool:
    """Whether it is a class of pydantic, version 1 or 2: told by shape, as the wrapper does not import pydantic."""
    return isinstance(annotation, type) and (is_model_v2(annotation) or is_model_v1(annotation))


def is_model_v2(annotation: Any) -> bool:
    return hasattr(annotation, 'model_validate') and hasattr(annotation, 'model_json_schema')


def is_model_v1(annotation: Any) -> bool:
    return not is_model_v2(annotation) and all(hasattr(annotation, name) for name in ('parse_obj', '__fields__'))
