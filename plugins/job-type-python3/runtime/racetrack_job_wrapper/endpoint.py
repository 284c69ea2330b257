"""A function of the job that callers can reach."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Optional

from racetrack_job_wrapper.arguments import parse_arguments
from racetrack_job_wrapper.binding import create_binding, find_bytes_parameter
from racetrack_job_wrapper.metrics import EndpointMetrics
from racetrack_job_wrapper.signature import CallSignature

Scope = Dict[str, Any]


class Endpoint:
    """A function that is called by `POST /api/v1{path}` with the members of a JSON object as its arguments."""

    __slots__ = ('path', 'function', 'signature', 'is_async', 'metrics', 'bytes_parameter', '_binding')

    #: The HTTP method.
    method = 'POST'
    #: Whether a form can be its input.
    takes_forms = True

    def __init__(self, path: str, function: Callable[..., Any], metrics: EndpointMetrics):
        self.path = path
        self.function = function
        self.signature = CallSignature(function)
        self.is_async = is_coroutine_function(function)
        self.metrics = metrics
        #: The parameter that takes a body of `application/octet-stream` as it is.
        self.bytes_parameter: Optional[str] = find_bytes_parameter(function, self.signature)
        self._binding = create_binding(function, self.signature)

    def parse(self, body: bytes, content_type: Optional[bytes], _scope: Scope) -> Dict[str, Any]:
        """Reads the arguments, on the server's loop or, when they are long, in a thread. Raises `BodyInvalid`."""
        return parse_arguments(body, content_type)

    def invoke(self, arguments: Dict[str, Any]) -> Any:
        """Calls the function, where the job's code runs. Raises what it raises, and `SignatureMismatch`."""
        self.signature.check(arguments)
        if self._binding is None:
            return self.function(**arguments)
        positional, named = self._binding.bind(arguments)
        return self.function(*positional, **named)


def is_coroutine_function(function: Callable[..., Any]) -> bool:
    """Also of objects whose `__call__` is one."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(function), '__call__', None)
    )
