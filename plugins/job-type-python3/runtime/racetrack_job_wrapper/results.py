"""What a call comes to: an answer, an error, or code that has yet to run."""

from __future__ import annotations

from contextvars import Context, copy_context
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, List, Union

from racetrack_job_wrapper.answers import Binary
from racetrack_job_wrapper.encoding import encode_json
from racetrack_job_wrapper.errors import (
    CallTimeout,
    Failure,
    InputInvalid,
    ResultUnencodable,
    SignatureMismatch,
    format_trace,
    list_frames,
    message_of,
    present_failure,
    root_cause,
)
from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.responses import JSON, Header, Response, check_head, error_response, from_framework_response
from racetrack_job_wrapper.unencodable import describe_unencodable

#: What most jobs return; anything else might be a response of a web framework.
PLAIN_TYPES = frozenset({dict, list, str, int, float, bool, type(None)})
UNFINISHED_TYPES = (GeneratorType, AsyncGeneratorType, CoroutineType)
#: Found before any code of the job ran: there is nothing to trace.
EXPECTED_ERRORS = (SignatureMismatch, InputInvalid, CallTimeout)

OCTETS = b'application/octet-stream'


class Unfinished:
    """A coroutine or a generator that the job returned, and the context to run it in."""

    __slots__ = ('code', 'context')

    def __init__(self, code: Any, context: Context):
        self.code = code
        self.context = context


Outcome = Union[Response, Unfinished]


def present_result(result: Any) -> Outcome:
    """Raises `ResultUnencodable`. Called where the job's code runs: encoding may run hooks of it."""
    if type(result) not in PLAIN_TYPES:
        if isinstance(result, UNFINISHED_TYPES):
            return Unfinished(result, copy_context())
        special = present_special(result)
        if special is not None:
            return special
    return Response(200, encode_result(result), [JSON])


def encode_result(result: Any) -> bytes:
    """Raises `ResultUnencodable`, with the place of what JSON has no word for."""
    try:
        return encode_json(result)
    except Exception as error:
        reason = describe_unencodable(result) if isinstance(error, (TypeError, ValueError)) else ''
        raise ResultUnencodable(error, reason) from error


def present_special(result: Any) -> Any:
    """The answer for results that are not JSON; `None` for all others."""
    if isinstance(result, (bytes, bytearray, memoryview)):
        return Response(200, bytes(result), [(b'content-type', OCTETS)])
    if isinstance(result, Binary):
        return _present_binary(result)
    return from_framework_response(result)


def _present_binary(result: Binary) -> Response:
    headers: List[Header] = [(b'content-type', result.media_type.encode('latin-1'))]
    disposition = result.disposition()
    if disposition is not None:
        headers.append((b'content-disposition', disposition.encode('ascii')))
    check_head(200, headers)
    return Response(200, result.content, headers)


def present_error(error: BaseException, path: str) -> Response:
    """The answer for an exception, which is logged for the author; never raises."""
    failure = present_failure(error)
    _log(error, failure, path)
    try:
        check_head(failure.status, failure.headers)
        return error_response(failure.status, failure.body, tuple(failure.headers))
    except Exception:  # the detail of an HTTP exception may be any object, its headers hold anything
        return error_response(failure.status, {'error': message_of(error), 'type': type(error).__name__})


def _log(error: BaseException, failure: Failure, path: str) -> None:
    message = failure.body['error']
    log = logger.error if failure.status >= 500 else logger.warning
    if isinstance(error, EXPECTED_ERRORS):
        log('%s: %s', path, message)
        return
    shown = error.__cause__ if isinstance(error, ResultUnencodable) and error.__cause__ else error
    try:
        trace = format_trace(shown)
    except Exception:  # an exception may do anything when it is printed
        trace = ''
    extra = {
        'hint': failure.body.get('hint'),
        'cause': type(root_cause(error)).__name__,
        'traceback': list_frames(error),
        'trace': trace,
    }
    log('%s failed: %s', path, message, extra=extra)
