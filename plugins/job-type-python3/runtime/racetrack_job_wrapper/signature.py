"""What a function accepts: checked before each call, and shown by `/api/v1/parameters`."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, Mapping, Optional

from racetrack_job_wrapper.annotations import hints_of
from racetrack_job_wrapper.encoding import encode_json
from racetrack_job_wrapper.errors import SignatureMismatch

#: Parameters that a member of the body can reach.
NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


#: Of more unknown arguments than this only the first ones are named.
SHOWN_NAMES = 5


class CallSignature:
    """The parameters of a function that is called with named arguments only."""

    def __init__(self, function: Callable[..., Any]):
        qualified: str = getattr(function, '__qualname__', type(function).__name__)
        self._name = qualified.rpartition('<locals>.')[2]  # a caller knows nothing of where it was made
        self._function = function
        self.parameters = _list_parameters(function)
        named = [parameter for parameter in self.parameters or () if parameter.kind in NAMED]
        self._accepted = frozenset(parameter.name for parameter in named)
        self._required = frozenset(parameter.name for parameter in named if _is_required(parameter))
        # Python would bind it to the instance: a caller must not be able to.
        self._own_name = _find_own_name(function)
        self._takes_any = self.parameters is None or any(
            parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in self.parameters
        )

    @property
    def hints(self) -> Dict[str, Any]:
        """Annotations by name, postponed ones looked up."""
        return hints_of(self._function)

    @property
    def is_generator(self) -> bool:
        return inspect.isgeneratorfunction(self._function) or inspect.isasyncgenfunction(self._function)

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises `SignatureMismatch` unless the function can be called with these arguments."""
        names = arguments.keys()
        if self._own_name in names and self._own_name not in self._accepted:
            raise SignatureMismatch(f'{self._name}() got multiple values for argument {self._own_name!r}')
        problems = []
        if not self._takes_any and not names <= self._accepted:
            problems.append(self._describe_unknown(names))
        if not self._required <= names:
            problems.append(self._describe_missing(names))
        if problems:
            raise SignatureMismatch(f'{self._name}() {"; ".join(problems)}')

    def _describe_unknown(self, names: Any) -> str:
        unknown = [repr(name) for name in names if name not in self._accepted][:SHOWN_NAMES]
        known = [each.name for each in self.parameters or () if each.name in self._accepted]
        kinds = 'argument' if len(unknown) == 1 else 'arguments'
        shown = f'known: {", ".join(known)}' if known else 'it takes none'
        return f'has no {kinds} {", ".join(unknown)} ({shown})'

    def _describe_missing(self, names: Any) -> str:
        missing = [
            repr(parameter.name)
            for parameter in self.parameters or ()
            if parameter.name in self._required and parameter.name not in names
        ]
        listed = missing[0] if len(missing) == 1 else f'{", ".join(missing[:-1])} and {missing[-1]}'
        plural = '' if len(missing) == 1 else 's'
        return f'missing {len(missing)} required positional argument{plural}: {listed}'


def present_parameters(signature: CallSignature) -> List[Dict[str, Any]]:
    """Required parameters first, then optional ones; keyword-only ones count as optional, as they always did."""
    required: List[Dict[str, Any]] = []
    optional: List[Dict[str, Any]] = []
    for parameter in signature.parameters or ():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        row = {'name': parameter.name, 'type': type_name(parameter.annotation)}
        if _is_plain(parameter):
            required.append(row)
        else:
            optional.append({'name': row['name'], 'default_value': _default(parameter), 'type': row['type']})
    return required + optional


def type_name(annotation: Any) -> Optional[str]:
    if annotation is inspect.Parameter.empty:
        return None
    return str(getattr(annotation, '__name__', annotation))


def _list_parameters(function: Callable[..., Any]) -> Optional[List[inspect.Parameter]]:
    """`None` when the function, one written in C perhaps, does not tell."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def _find_own_name(function: Callable[..., Any]) -> Optional[str]:
    """The name of the first parameter of a method, usually `self`."""
    code = getattr(getattr(function, '__func__', None), '__code__', None)
    return code.co_varnames[0] if code is not None and code.co_argcount > 0 == code.co_posonlyargcount else None


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty


def _is_plain(parameter: inspect.Parameter) -> bool:
    return _is_required(parameter) and parameter.kind is not inspect.Parameter.KEYWORD_ONLY


def _default(parameter: inspect.Parameter) -> Any:
    if _is_required(parameter):
        return None
    try:
        encode_json(parameter.default)
    except Exception:  # any value may be a default; what cannot be shown as JSON is shown as text
        return repr(parameter.default)
    return parameter.default
