"""Calls of a job to other jobs, in the name of the current request.

    from racetrack_job_wrapper.call import call_job

    result = call_job(self, 'adder', '/api/v1/perform', {'numbers': [40, 2]})

The call goes through the platform with the job's own token; tracing id and caller of the request that is being served
go with it. Outside of a request, in `__init__` or in a thread of the job's own, they are left out.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import Any, Dict, NamedTuple, Optional, Tuple
from urllib.parse import quote

from racetrack_job_wrapper.context import find_header
from racetrack_job_wrapper.encoding import encode_json
from racetrack_job_wrapper.errors import JobCallError
from racetrack_job_wrapper.job_address import compose_job_address
from racetrack_job_wrapper.outgoing import Answer, parse_target, request, request_async
from racetrack_job_wrapper.recordkeeper import set_rk_headers
from racetrack_job_wrapper.settings import read_settings

__all__ = ['JobCallError', 'async_job_call', 'call_job', 'call_job_async', 'call_job_coroutine']

PERFORM = '/api/v1/perform'
#: Seconds for which one question after an asynchronous call may wait for its answer.
POLL_SECONDS = 60.0
#: Answers of a poll that mean "not yet": accepted, and time-outs on the way.
PENDING = frozenset({202, 408, 504})
#: Of what another job says, no more than this goes into the error: it may answer anything.
MAX_REASON = 2000
#: Three names for one thing, which are one class only from Python 3.11 on.
TIMEOUTS = (TimeoutError, socket.timeout, asyncio.TimeoutError)


def call_job(
    entrypoint: Any,
    job_name: str,
    path: str = PERFORM,
    payload: Optional[Dict[str, Any]] = None,
    version: str = 'latest',
    method: str = 'POST',
    timeout: float = 10,
) -> Any:
    """Calls another job and waits for its answer, parsed from JSON.

    :param entrypoint: the entrypoint object of the calling job; `None` will do.
    :param path: address below the called job, such as `/api/v1/explain`.
    :param payload: object of named arguments; anything that a job may return may be in it.
    :param timeout: seconds to wait for the answer.
    :raises JobCallError: a `RuntimeError` that says which call failed and why, with `status`, `body` and
        `hint`.
    :raises ValueError: for a name, a version or a path that leads out of the job.
    """
    calling = _Call(job_name, version, path)
    with calling:
        question = calling.compose(entrypoint, calling.job_url(), payload)
        return calling.read(request(method, *question, timeout))


async def call_job_coroutine(
    entrypoint: Any,
    job_name: str,
    path: str = PERFORM,
    payload: Optional[Dict[str, Any]] = None,
    version: str = 'latest',
    method: str = 'POST',
    timeout: float = 10,
) -> Any:
    """As `call_job`, for `async def` functions: other coroutines go on meanwhile."""
    calling = _Call(job_name, version, path)
    with calling:
        question = calling.compose(entrypoint, calling.job_url(), payload)
        return calling.read(await request_async(method, *question, timeout))


#: Name of `call_job_coroutine` in older versions.
call_job_async = call_job_coroutine


def async_job_call(
    entrypoint: Any,
    job_name: str,
    path: str = PERFORM,
    payload: Optional[Dict[str, Any]] = None,
    version: str = 'latest',
    method: str = 'POST',
) -> Any:
    """Calls another job as a task of the platform and waits until it is done, however long that takes.

    The call outlives broken connections between the jobs.
    """
    calling = _Call(job_name, version, path)
    with calling:
        question = calling.compose(entrypoint, calling.job_url('async/new/'), payload)
        task_id = quote(str(calling.read(request(method, *question, POLL_SECONDS))['task_id']), safe='')
        poll = calling.compose(entrypoint, f'{calling.pub_url}/async/task/{task_id}/poll', None)
        while True:
            try:
                answer = request('GET', *poll, POLL_SECONDS)
            except TIMEOUTS:
                continue
            if answer.status not in PENDING:
                return calling.read(answer)


class _HttpError(Exception):
    def __init__(self, answer: Answer):
        kind = 'Client' if 400 <= answer.status < 500 else 'Server' if answer.status >= 500 else 'Unexpected'
        reason, self.hint = _read_refusal(answer)
        super().__init__(f"{kind} error '{answer.status} {answer.reason}': {reason}")
        self.answer = answer


class _Question(NamedTuple):
    target: Any
    headers: Dict[str, str]
    body: Optional[bytes]


class _Call:
    """One call; as a context it turns every failure into a `JobCallError`."""

    def __init__(self, job_name: str, version: str, path: str):
        self._address = compose_job_address(job_name, version, path)
        self._job_name = job_name
        self._version = version
        self._own_name = os.environ.get('JOB_NAME') or 'JOB_NAME'

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: Optional[BaseException], _traceback: Any) -> None:
        if isinstance(error, Exception):
            cause = 'no answer in time' if isinstance(error, TIMEOUTS) else str(error) or type(error).__name__
            message = f'failed to call job "{self._job_name} {self._version}" by {self._own_name}: {cause}'
            if isinstance(error, _HttpError):
                raise JobCallError(message, error.answer.status, error.answer.text, error.hint) from None
            raise JobCallError(message) from error

    @property
    def pub_url(self) -> str:
        return _require('PUB_URL').rstrip('/')

    def job_url(self, kind: str = '') -> str:
        return f'{self.pub_url}/{kind}job/{self._address}'

    def compose(self, entrypoint: Any, url: str, payload: Any) -> _Question:
        settings = read_settings()
        headers = {'X-Racetrack-Auth': _require('AUTH_TOKEN'), 'Accept': 'application/json'}
        for name in (settings.tracing_header, settings.caller_header):
            value = find_header(name)
            if value:
                headers[name.decode('latin-1')] = value
        set_rk_headers(headers, entrypoint)
        if payload is None:
            return _Question(parse_target(url), headers, None)
        headers['Content-Type'] = 'application/json'
        return _Question(parse_target(url), headers, encode_json(payload))

    def read(self, answer: Answer) -> Any:
        if not 200 <= answer.status < 300:
            raise _HttpError(answer)
        return json.loads(answer.body)


def _read_refusal(answer: Answer) -> Tuple[str, str]:
    """Why a call was refused, and what to do about it: `error` and `hint` of the answer, else its text."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    error, hint = (body.get('error'), body.get('hint')) if isinstance(body, dict) else (None, None)
    reason = error if isinstance(error, str) and error else answer.text
    return _one_line(reason), _one_line(hint) if isinstance(hint, str) else ''


def _one_line(text: str) -> str:
    """It goes into the log, where another job must not write lines of its own."""
    return ' '.join(''.join(each if each.isprintable() else ' ' for each in text[:MAX_REASON]).split())


def _require(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ValueError(f'the variable {name} is not set; the platform sets it for the jobs that it runs')
    return value
