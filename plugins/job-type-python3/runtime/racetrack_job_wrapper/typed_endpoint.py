"""Endpoints whose input is validated by annotations (`auxiliary_endpoints_v2`)."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import parse_qs

from racetrack_job_wrapper import annotations as hints
from racetrack_job_wrapper.arguments import parse_json
from racetrack_job_wrapper.conversion import Converter, Misfit, make_converter
from racetrack_job_wrapper.endpoint import Endpoint
from racetrack_job_wrapper.endpoint_config import EndpointConfig
from racetrack_job_wrapper.errors import InputInvalid
from racetrack_job_wrapper.metrics import EndpointMetrics
from racetrack_job_wrapper.signature import NAMED

#: Where parameters come from, as the rows of a refusal name it.
PATH, QUERY, BODY = 'path', 'query', 'body'

_LISTS = (list, set, frozenset, tuple)
_OBJECTS = (dict, bytes)


@dataclass(frozen=True)
class TypedParameter:
    name: str
    source: str
    annotation: Any
    is_required: bool
    default: Any
    convert: Converter


class TypedEndpoint(Endpoint):
    """As web frameworks call handlers: numbers in the address become numbers, what does not fit is 422."""

    __slots__ = ('method', 'options', 'parameters', '_embeds')

    takes_forms = False

    def __init__(self, config: EndpointConfig, method: str, path: str, metrics: EndpointMetrics, names: List[str]):
        super().__init__(path, config.handler, metrics)
        self.method = method
        self.options = dict(config.other_options or {})
        self.bytes_parameter = None
        self.parameters = list_parameters(path, config.handler, self.signature.parameters, names)
        #: Several parameters share the body: each is a member of an object.
        self._embeds = sum(each.source == BODY for each in self.parameters) > 1

    @property
    def embeds_body(self) -> bool:
        return self._embeds

    def parse(self, body: bytes, content_type: Optional[bytes], scope: Dict[str, Any]) -> Dict[str, Any]:
        has_body = any(each.source == BODY for each in self.parameters)
        return {
            PATH: scope.get('path_params', {}),
            QUERY: parse_qs(scope['query_string'].decode('latin-1'), keep_blank_values=True),
            BODY: parse_json(body, content_type) if has_body else None,
        }

    def invoke(self, arguments: Dict[str, Any]) -> Any:
        """Raises `InputInvalid`."""
        problems: List[Dict[str, Any]] = []
        named: Dict[str, Any] = {}
        for parameter in self.parameters:
            place, value = self._find(parameter, arguments)
            if value is _MISSING:
                if parameter.is_required:
                    problems.append({'type': 'missing', 'loc': list(place), 'msg': 'Field required', 'input': None})
                continue
            try:
                named[parameter.name] = parameter.convert(value, place)
            except Misfit as error:
                problems += [
                    {'type': kind, 'loc': list(where), 'msg': message} for where, kind, message in error.problems
                ]
        if problems:
            text = '; '.join(f'{".".join(map(str, row["loc"]))}: {row["msg"]}' for row in problems)
            raise InputInvalid(problems, text)
        return self.function(**named)

    def _find(self, parameter: TypedParameter, given: Dict[str, Any]) -> Tuple[Tuple[Any, ...], Any]:
        place = (parameter.source, parameter.name)
        if parameter.source == QUERY:
            values = given[QUERY].get(parameter.name, _MISSING)
            return place, values if values is _MISSING else values[-1]
        if parameter.source == PATH:
            return place, given[PATH].get(parameter.name, _MISSING)
        body = given[BODY]
        if not self._embeds:
            return (BODY,), _MISSING if body is None else body
        return place, body.get(parameter.name, _MISSING) if isinstance(body, dict) else _MISSING


_MISSING: Any = object()


def list_parameters(
    path: str, handler: Callable[..., Any], parameters: Optional[List[inspect.Parameter]], names: List[str]
) -> List[TypedParameter]:
    """Raises `TypeError` for what has no place in an address or a body."""
    types = hints.hints_of(handler)
    found = []
    for parameter in parameters or ():
        if parameter.kind not in NAMED or parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise TypeError(f'auxiliary_endpoints_v2: {path}: the parameter {parameter.name!r} cannot be given by name')
        annotation = types.get(parameter.name, hints.UNKNOWN)
        _refuse_framework(path, parameter, annotation)
        is_body = _has_mark(annotation, 'Body') or is_for_body(annotation)
        source = PATH if parameter.name in names else BODY if is_body else QUERY
        is_required = parameter.default is inspect.Parameter.empty
        found.append(
            TypedParameter(
                parameter.name,
                source,
                annotation,
                is_required,
                None if is_required else parameter.default,
                make_converter(annotation, is_lax=True),
            )
        )
    return found


def is_for_body(annotation: Any) -> bool:
    """Whether a value is too large for an address: objects and lists."""
    annotation = hints.bare(annotation)
    if hints.is_union(annotation):
        return any(is_for_body(member) for member in hints.members_of_union(annotation))
    if hints.is_model(annotation) or hints.is_dataclass(annotation) or hints.is_typed_dict(annotation):
        return True
    kind = getattr(annotation, '__origin__', annotation)
    return kind in (*_LISTS, *_OBJECTS) or getattr(kind, '__module__', '') == 'collections.abc'


def _refuse_framework(path: str, parameter: inspect.Parameter, annotation: Any) -> None:
    """Says clearly what only a web framework could do."""
    for mark in (parameter.default, annotation, *_marks_of(annotation)):
        kind = mark if isinstance(mark, type) else type(mark)
        if _says_only_where(mark, annotation):
            continue
        if kind.__module__.partition('.')[0] in ('fastapi', 'starlette'):
            raise TypeError(
                f'auxiliary_endpoints_v2: {path}: the parameter {parameter.name!r} uses {kind.__name__} of '
                f'{kind.__module__.partition(".")[0]}, which is not supported here; annotate it with a plain type and '
                'a plain default, such as `limit: int = 10`'
            )


def _marks_of(annotation: Any) -> Tuple[Any, ...]:
    """What `Annotated[...]` adds to a type."""
    return getattr(annotation, '__metadata__', ())


def _has_mark(annotation: Any, name: str) -> bool:
    return any(type(mark).__name__ == name for mark in _marks_of(annotation))


def _says_only_where(mark: Any, annotation: Any) -> bool:
    """Whether it is a mark of FastAPI in `Annotated[...]` that says where a value comes from, and asks for nothing else."""
    if not any(mark is each for each in _marks_of(annotation)):
        return False
    fits = {'Body': True, 'Path': True, 'Query': not is_for_body(annotation)}
    asks_more = any(getattr(mark, name, None) for name in ('alias', 'default_factory', 'embed', 'metadata'))
    return fits.get(type(mark).__name__, False) and not asks_more
