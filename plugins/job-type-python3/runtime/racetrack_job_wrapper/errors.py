"""Exceptions of the job's code, and what a caller gets to see of them."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple


class ValidationError(Exception):
    """Input that the job refuses: 400."""


class UnauthorizedError(Exception):
    """The caller may not do this: 401."""


class EntityNotFound(Exception):
    """What the call asks for does not exist: 404."""


class AlreadyExists(Exception):
    """What the call wants to create exists: 409."""


class JobCallError(RuntimeError):
    """Another job could not be called, or answered with an error. As text it says what to do about it, too."""

    def __init__(self, message: str, status: Optional[int] = None, body: str = '', hint: str = ''):
        super().__init__(message)
        #: What happened, without the hint.
        self.message = message
        #: Status of the answer; `None` when there was none.
        self.status = status
        #: Body of the answer as text.
        self.body = body
        #: What to do about a refusal, such as the command that grants a permission; empty when the answer has none.
        self.hint = hint

    def __str__(self) -> str:
        return f'{self.message}; {self.hint}' if self.hint else self.message


class SignatureMismatch(Exception):
    """The members of the body are not the parameters of the function: 400, found before the call."""


class ArgumentMisfit(SignatureMismatch):
    """An argument does not fit what the function declares: 400."""


class InputInvalid(Exception):
    """The input of a typed endpoint does not fit: 422, with one row for each problem."""

    def __init__(self, problems: List[Dict[str, Any]], error: str):
        super().__init__(error)
        self.problems = problems


class ResultUnencodable(Exception):
    """What the job returned is nothing that JSON can say: 500; the cause says why."""

    def __init__(self, cause: BaseException, reason: str = ''):
        super().__init__(f'the result cannot be turned into JSON: {reason or message_of(cause)}')
        self.__cause__ = cause


class CallTimeout(Exception):
    """The call took longer than `call_timeout`, or waited so long for its turn: 504."""


#: First match wins. `ValueError` is the caller's fault by convention of the product; all else is the job's.
STATUS_BY_CLASS: Tuple[Tuple[type, int], ...] = (
    (ValueError, 400),
    (ValidationError, 400),
    (SignatureMismatch, 400),
    (UnauthorizedError, 401),
    (EntityNotFound, 404),
    (AlreadyExists, 409),
)

#: Frames of the wrapper itself tell the job's author nothing.
_OWN_DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), '')


@dataclass(frozen=True)
class Failure:
    """An exception as it goes over the wire."""

    status: int
    body: Dict[str, Any]
    headers: List[Tuple[bytes, bytes]] = field(default_factory=list)


def present_failure(error: BaseException) -> Failure:
    """Chooses status and body; never raises, whatever the exception does when printed."""
    error = unwrap_group(error)
    if is_http_exception(error):
        return _present_http_exception(error)
    if isinstance(error, SignatureMismatch):
        kind = 'invalid argument' if isinstance(error, ArgumentMisfit) else 'failed to call a function'
        text = f'{kind}: {error}'
        return Failure(400, {'error': text, 'type': 'ValueError'})
    if isinstance(error, InputInvalid):
        return Failure(422, {'detail': error.problems, 'error': f'invalid request: {error}'})
    if isinstance(error, CallTimeout):
        return Failure(504, {'detail': 'Gateway Timeout', 'error': str(error)})
    if isinstance(error, ResultUnencodable):
        return Failure(500, {'error': str(error), 'type': type(error.__cause__).__name__})
    if isinstance(error, JobCallError) and error.hint:
        return Failure(500, {'error': error.message, 'type': _type_of(error), 'hint': error.hint})
    if isinstance(error, SystemExit):
        return Failure(500, {'error': f'the job called sys.exit({_code_of(error)})', 'type': 'SystemExit'})
    status = next((status for kind, status in STATUS_BY_CLASS if isinstance(error, kind)), 500)
    return Failure(status, {'error': message_of(error), 'type': _type_of(error)})


def _code_of(error: SystemExit) -> str:
    if error.code is None:
        return ''
    return repr(error.code) if isinstance(error.code, (int, str)) else message_of(error)


def unwrap_group(error: BaseException) -> BaseException:
    """The only member of an exception group of one, else the exception itself."""
    while _is_group(error) and len(error.exceptions) == 1:  # type: ignore[attr-defined]
        error = error.exceptions[0]  # type: ignore[attr-defined]
    return error


def message_of(error: BaseException) -> str:
    if _is_group(error):
        return ', '.join(message_of(member) for member in error.exceptions)  # type: ignore[attr-defined]
    try:
        if isinstance(error, KeyError) and _is_of_environment(error):
            return f'runtime_env in job.yaml does not set the environment variable {error.args[0]!r}'
        return str(error) or type(error).__name__
    except Exception:  # the job's own __str__ may fail
        return type(error).__name__


def _is_of_environment(error: BaseException) -> bool:
    """Whether it comes from `os.environ[...]`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is type(os.environ).__getitem__.__code__


def describe(error: BaseException, advice: str = '') -> str:
    """One line for logs and probes: message, advice, class of the root cause, and where it came from."""
    text = f'{message_of(error)}; {advice}' if advice else message_of(error)
    return f'{text}, cause={type(root_cause(error)).__name__}, traceback={list_frames(error)}'


def root_cause(error: BaseException) -> BaseException:
    seen = set()
    while id(error) not in seen:
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__) or error
    return error


def format_trace(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of the wrapper."""
    trace = traceback.TracebackException(type(error), error, error.__traceback__)
    _leave_out_own_frames(trace)
    return ''.join(trace.format()).rstrip('\n')


def _leave_out_own_frames(trace: Any) -> None:
    kept = traceback.StackSummary()
    kept.extend(frame for frame in trace.stack if not is_own_frame(frame.filename))
    trace.stack = kept
    members = getattr(trace, 'exceptions', None) or []
    for each in (trace.__cause__, trace.__context__, *members):
        if each is not None:
            _leave_out_own_frames(each)


def is_own_frame(filename: str) -> bool:
    return filename.startswith((_OWN_DIR, '<frozen '))


def list_frames(error: BaseException) -> str:
    """`file:line` of the job's frames of the root cause, outermost first; a syntax error ends with its own place."""
    cause = root_cause(error)
    frames = [
        f'{frame.filename}:{frame.lineno}'
        for frame in traceback.extract_tb(cause.__traceback__)
        if not is_own_frame(frame.filename)
    ]
    if isinstance(cause, SyntaxError) and cause.filename:
        frames.append(f'{cause.filename}:{cause.lineno}')
    return ', '.join(frames)


def is_http_exception(error: BaseException) -> bool:
    """Recognises the `HTTPException` of Starlette and FastAPI by shape, without importing either."""
    status = getattr(error, 'status_code', None)
    named = any(kind.__name__ == 'HTTPException' for kind in type(error).__mro__)
    return named and isinstance(status, int) and 200 <= status <= 599 and hasattr(error, 'detail')


def _present_http_exception(error: Any) -> Failure:
    detail = error.detail
    text = detail if isinstance(detail, str) else message_of(error)
    headers = [
        (str(name).lower().encode('latin-1'), str(value).encode('latin-1'))
        for name, value in dict(getattr(error, 'headers', None) or {}).items()
    ]
    return Failure(error.status_code, {'detail': detail, 'error': text}, headers)


def _is_group(error: BaseException) -> bool:
    return any(kind.__name__ == 'BaseExceptionGroup' for kind in type(error).__mro__)


def _type_of(error: BaseException) -> str:
    if _is_group(error):
        return ', '.join(_type_of(member) for member in error.exceptions)  # type: ignore[attr-defined]
    return type(error).__name__
