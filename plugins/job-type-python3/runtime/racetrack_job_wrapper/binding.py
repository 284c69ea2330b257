"""Passes named arguments to functions that want more than names: models to build, or arguments by position."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from racetrack_job_wrapper.annotations import bare, hints_of
from racetrack_job_wrapper.conversion import Converter, Misfit, octets, optional_converter
from racetrack_job_wrapper.errors import ArgumentMisfit
from racetrack_job_wrapper.signature import NAMED, CallSignature


class Binding:
    """How the members of a body become arguments of one function."""

    __slots__ = ('_positional', '_converters')

    def __init__(self, positional: List[str], converters: Dict[str, Converter]):
        self._positional = positional
        self._converters = converters

    def bind(self, arguments: Mapping[str, Any]) -> Tuple[List[Any], Dict[str, Any]]:
        """Arguments by position and by name; raises `ArgumentMisfit`."""
        named = dict(arguments)
        problems = []
        for name, convert in self._converters.items():
            if name in named:
                try:
                    named[name] = convert(named[name], (name,))
                except Misfit as error:
                    problems += error.problems
        if problems:
            raise ArgumentMisfit(str(Misfit(problems))) from None
        positional = []
        for name in self._positional:
            if name not in named:  # it has a default, and so have those behind it
                break
            positional.append(named.pop(name))
        return positional, named


def create_binding(function: Callable[..., Any], signature: CallSignature) -> Optional[Binding]:
    """`None` for most functions: their arguments are passed as they came."""
    parameters = [parameter for parameter in signature.parameters or () if parameter.kind in NAMED]
    positional = [each.name for each in parameters if each.kind is inspect.Parameter.POSITIONAL_ONLY]
    if all(isinstance(each.annotation, type) and each.annotation in _PLAIN for each in parameters):
        converters: Dict[str, Converter] = {}
    else:
        converters = _list_converters(function, [each.name for each in parameters])
        whole_body = find_bytes_parameter(function, signature)
        if whole_body is not None:
            converters[whole_body] = octets
    return Binding(positional, converters) if positional or converters else None


#: Not worth a second look.
_PLAIN = frozenset({inspect.Parameter.empty, int, float, str, bool, dict, list})


def _list_converters(function: Callable[..., Any], names: List[str]) -> Dict[str, Converter]:
    hints = hints_of(function)
    found = {name: optional_converter(hints[name]) for name in names if name in hints}
    return {name: converter for name, converter in found.items() if converter is not None}


def find_bytes_parameter(function: Callable[..., Any], signature: CallSignature) -> Optional[str]:
    """The only parameter of a function, when it is annotated with `bytes`: it takes a body as it is."""
    parameters = [parameter for parameter in signature.parameters or () if parameter.kind in NAMED]
    if len(parameters) != 1 or parameters[0].annotation not in (bytes, 'bytes'):
        return None
    return parameters[0].name if bare(hints_of(function).get(parameters[0].name)) is bytes else None
