"""Calls of the job's own functions: `perform` and the auxiliary endpoints."""

from __future__ import annotations

import asyncio
import inspect
import time
from contextvars import Context
from types import CoroutineType
from typing import Any, Awaitable, Callable, Dict, List, Optional

from racetrack_job_wrapper.arguments import BodyInvalid, parse_arguments
from racetrack_job_wrapper.context import JobRequest, request_context, request_extra
from racetrack_job_wrapper.coroutines import UserLoop
from racetrack_job_wrapper.encoding import encode_json
from racetrack_job_wrapper.errors import list_frames, message_of, present_failure, root_cause
from racetrack_job_wrapper.limiter import ConcurrencyLimiter, TooManyRequests
from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.metrics import EndpointMetrics, JobMetrics
from racetrack_job_wrapper.pool import WorkerPool
from racetrack_job_wrapper.responses import JSON, Response, detail_response, from_framework_response, json_response
from racetrack_job_wrapper.signature import CallSignature

Receive = Callable[[], Awaitable[Dict[str, Any]]]

#: What most jobs return; anything else might be a response of a web framework.
PLAIN_TYPES = frozenset({dict, list, str, int, float, bool, type(None)})


class Endpoint:
    """A function of the job that is called by `POST /api/v1{path}`."""

    __slots__ = ('path', 'function', 'signature', 'is_async', 'metrics')

    def __init__(self, path: str, function: Callable[..., Any], metrics: EndpointMetrics):
        self.path = path
        self.function = function
        self.signature = CallSignature(function)
        self.is_async = inspect.iscoroutinefunction(function)
        self.metrics = metrics


class CallRunner:
    """Runs calls in threads (or the loop for coroutines), within the limits, and counts them."""

    def __init__(
        self,
        pool: WorkerPool,
        user_loop: UserLoop,
        metrics: JobMetrics,
        limiter: Optional[ConcurrencyLimiter],
    ):
        self._pool = pool
        self._user_loop = user_loop
        self._metrics = metrics
        self._limiter = limiter

    async def call(
        self, endpoint: Endpoint, scope: Dict[str, Any], headers: Dict[bytes, bytes], receive: Receive
    ) -> Optional[Response]:
        """Answers a call; `None` when the caller left before it began."""
        body = await read_body(receive)
        if body is None:
            return None
        try:
            arguments = parse_arguments(body, headers.get(b'content-type'))
        except BodyInvalid as error:
            return error.to_response()
        metrics, counters = self._metrics, endpoint.metrics
        metrics.requests_started.value += 1
        counters.started.value += 1
        started = time.perf_counter()
        request = JobRequest(scope)
        try:
            if self._limiter is None:
                response = await self._run(endpoint, arguments, request)
            else:
                response = await self._run_within(self._limiter, endpoint, arguments, request, receive)
        except Exception as error:  # no thread could be started, for instance
            response = _present_error(error)
        counters.duration.observe(time.perf_counter() - started)
        metrics.requests_done.value += 1
        metrics.last_call.value = time.time()
        if response is not None and response.status >= 400:
            counters.errors.value += 1
        return response

    async def _run_within(
        self,
        limiter: ConcurrencyLimiter,
        endpoint: Endpoint,
        arguments: Dict[str, Any],
        request: JobRequest,
        receive: Receive,
    ) -> Optional[Response]:
        if not limiter.try_acquire():
            try:
                turn = limiter.enqueue()
            except TooManyRequests as error:
                return detail_response(429, str(error))
            if not await _wait_for_turn(turn, receive):
                limiter.leave(turn)
                return None
        try:
            return await self._run(endpoint, arguments, request)
        finally:
            limiter.release()

    def _run(self, endpoint: Endpoint, arguments: Dict[str, Any], request: JobRequest) -> Awaitable[Response]:
        if endpoint.is_async:
            return self._user_loop.submit(lambda: _run_coroutine(endpoint, arguments, request))
        return self._pool.submit(Context().run, self._run_function, endpoint, arguments, request)

    def _run_function(self, endpoint: Endpoint, arguments: Dict[str, Any], request: JobRequest) -> Response:
        request_context.set(request)
        request_extra.set({})
        try:
            endpoint.signature.check(arguments)
            result = endpoint.function(**arguments)
            if type(result) is CoroutineType:
                result = self._user_loop.run(_in_context(result, request))
            return _present_result(result)
        except BaseException as error:  # also SystemExit: one call must not end the job for all others
            return _present_error(error)


async def read_body(receive: Receive) -> Optional[bytes]:
    """The complete body; `None` when the client went away meanwhile."""
    message = await receive()
    if message['type'] == 'http.disconnect':
        return None
    if not message.get('more_body', False):
        return message.get('body', b'')
    parts: List[bytes] = [message.get('body', b'')]
    while message.get('more_body', False):
        message = await receive()
        if message['type'] == 'http.disconnect':
            return None
        parts.append(message.get('body', b''))
    return b''.join(parts)


async def _wait_for_turn(turn: asyncio.Future, receive: Receive) -> bool:
    """Whether the turn came before the client went away."""
    while True:
        message = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({turn, message}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            message.cancel()
        if turn.done():
            return True
        if message.result()['type'] == 'http.disconnect':
            return False


async def _run_coroutine(endpoint: Endpoint, arguments: Dict[str, Any], request: JobRequest) -> Response:
    request_context.set(request)  # a task has a context of its own
    request_extra.set({})
    try:
        endpoint.signature.check(arguments)
        return _present_result(await endpoint.function(**arguments))
    except BaseException as error:
        return _present_error(error)


async def _in_context(coroutine: Any, request: JobRequest) -> Any:
    """Runs a coroutine as part of a call. An exit is turned into an error: it would end the loop for everyone."""
    request_context.set(request)
    request_extra.set({})
    try:
        return await coroutine
    except (SystemExit, KeyboardInterrupt) as error:
        raise RuntimeError(f'{type(error).__name__}: {error}') from error


def _present_result(result: Any) -> Response:
    response = None if type(result) in PLAIN_TYPES else from_framework_response(result)
    return Response(200, encode_json(result), [JSON]) if response is None else response


def _present_error(error: BaseException) -> Response:
    failure = present_failure(error)
    log = logger.error if failure.status >= 500 else logger.warning
    log('%s', failure.body['error'], extra=_describe_for_log(error))
    try:
        return json_response(failure.body, failure.status, tuple(failure.headers))
    except Exception:  # the detail of an HTTP exception may be any object
        return json_response({'error': message_of(error), 'type': type(error).__name__}, failure.status)


def _describe_for_log(error: BaseException) -> Dict[str, str]:
    return {'cause': type(root_cause(error)).__name__, 'traceback': list_frames(error)}
