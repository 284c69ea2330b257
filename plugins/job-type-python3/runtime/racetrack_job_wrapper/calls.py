"""Calls of the job's own functions: `perform` and the auxiliary endpoints."""

from __future__ import annotations

import asyncio
from contextvars import Context
from time import perf_counter, time
from types import CoroutineType
from typing import Any, Awaitable, Callable, Dict, Optional, Union

from racetrack_job_wrapper import forks
from racetrack_job_wrapper.bodies import BodyRefused, Headers, Receive, media_type_of, read_body
from racetrack_job_wrapper.context import JobRequest, request_context, request_extra
from racetrack_job_wrapper.coroutines import UserLoop, UserTask
from racetrack_job_wrapper.dismantling import LargeArguments, dismantle
from racetrack_job_wrapper.endpoint import Endpoint
from racetrack_job_wrapper.errors import CallTimeout
from racetrack_job_wrapper.limiter import ConcurrencyLimiter, TooManyRequests
from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.pool import WorkerPool
from racetrack_job_wrapper.responses import Response, StreamResponse, detail_response, error_response
from racetrack_job_wrapper.results import OCTETS, Outcome, Unfinished, present_error, present_result
from racetrack_job_wrapper.streams import Stream, choose_framing
from racetrack_job_wrapper.watching import CallerLeft, follow

__all__ = ['CallLimits', 'CallRunner', 'Endpoint']

Answer = Union[Response, StreamResponse]
#: Reads a form into named arguments; `None` when the caller left meanwhile.
ReadForm = Callable[[Receive, Headers, int, WorkerPool], Awaitable[Optional[Dict[str, Any]]]]

FORM = b'multipart/form-data'
#: A longer body is read in a thread, so that probes and other calls need not wait for that.
LARGE_BODY_BYTES = 64 * 1024


class CallLimits:
    """What a call may take."""

    __slots__ = ('places', 'timeout_seconds', 'max_body_bytes')

    def __init__(
        self,
        places: Optional[ConcurrencyLimiter] = None,
        timeout_seconds: Optional[float] = None,
        max_body_bytes: int = 128 * 1024 * 1024,
    ):
        #: How many calls run and wait; `None`: any number.
        self.places = places
        #: From the arrival of its body to its answer, waiting included; `None`: any time.
        self.timeout_seconds = timeout_seconds
        self.max_body_bytes = max_body_bytes


class CallRunner:
    """Runs calls in threads (or the loop for coroutines), within the limits, and counts them."""

    def __init__(
        self,
        pool: WorkerPool,
        user_loop: UserLoop,
        metrics: JobMetrics,
        limits: CallLimits,
        read_form: ReadForm,
        tracing_header: bytes,
    ):
        self._pool = pool
        self._user_loop = user_loop
        self._metrics = metrics
        self._limits = limits
        self._read_form = read_form
        self._tracing_header = tracing_header
        self._is_bounded = limits.places is not None or limits.timeout_seconds is not None

    async def call(
        self, endpoint: Endpoint, scope: Dict[str, Any], headers: Headers, receive: Receive
    ) -> Optional[Answer]:
        """Answers a call; `None` when the caller left before it began."""
        started = perf_counter()
        self._metrics.requests_started.value += 1
        endpoint.metrics.started.value += 1
        try:
            answer = await self._answer(endpoint, scope, headers, receive)
        except BodyRefused as refusal:
            answer = refusal.to_response()
        except TooManyRequests as error:
            answer = detail_response(429, str(error))
        except CallerLeft:
            answer = None
        except Exception as error:  # the time was over, or no thread could be started
            answer = _present_outside(error, endpoint, JobRequest(scope))
        if type(answer) is StreamResponse:
            stream = answer
            stream.on_end = lambda: self._count(endpoint, started, stream.channel.failure is not None)
        else:
            self._count(endpoint, started, answer is not None and answer.status >= 400)
        return answer

    def _count(self, endpoint: Endpoint, started: float, has_failed: bool) -> None:
        endpoint.metrics.duration.observe(perf_counter() - started)
        self._metrics.requests_done.value += 1
        self._metrics.last_call.value = time()
        if has_failed:
            endpoint.metrics.errors.value += 1

    async def _answer(
        self, endpoint: Endpoint, scope: Dict[str, Any], headers: Headers, receive: Receive
    ) -> Optional[Answer]:
        places = self._limits.places
        if places is None:
            arguments = await self._read_arguments(endpoint, scope, headers, receive)
        else:
            with places.arriving():  # a call that has no place is refused before its body is in memory
                arguments = await self._read_arguments(endpoint, scope, headers, receive)
        if arguments is None:
            return None
        request = JobRequest(scope)
        if not self._is_bounded and not endpoint.is_async:  # the usual case, without any watching
            outcome = await self._pool.submit(Context().run, run_function, endpoint, arguments, request)
            if type(arguments) is LargeArguments:
                self._pool.submit(dismantle, arguments)
            if type(outcome) is not Unfinished:
                return outcome
            return await self._complete(outcome, endpoint, request, headers, receive, None)
        return await self._run_within_limits(endpoint, arguments, request, headers, receive)

    async def _read_arguments(
        self, endpoint: Endpoint, scope: Dict[str, Any], headers: Headers, receive: Receive
    ) -> Optional[Any]:
        limit = self._limits.max_body_bytes
        content_type = headers.get(b'content-type')
        if content_type is not None and content_type != b'application/json':
            media_type = media_type_of(content_type)
            if media_type == FORM and endpoint.takes_forms:
                return await self._read_form(receive, headers, limit, self._pool)
            if media_type == OCTETS and endpoint.bytes_parameter is not None:
                body = await read_body(receive, headers, limit)
                return None if body is None else {endpoint.bytes_parameter: body}
        body = await read_body(receive, headers, limit)
        if body is None:
            return None
        if len(body) > LARGE_BODY_BYTES:
            return await self._pool.submit(parse_large, endpoint, body, content_type, scope)
        return endpoint.parse(body, content_type, scope)

    async def _run_within_limits(
        self, endpoint: Endpoint, arguments: Any, request: JobRequest, headers: Headers, receive: Receive
    ) -> Answer:
        seconds, places = self._limits.timeout_seconds, self._limits.places
        deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
        if places is not None:
            turn = places.enter()
            if turn is not None:
                await self._wait(turn, places, receive, deadline)
        task: Optional[UserTask] = None
        try:
            if endpoint.is_async:
                task = self._user_loop.start(lambda: run_coroutine_function(endpoint, arguments, request))
                work = task.future
            else:
                work = self._pool.submit(Context().run, run_function, endpoint, arguments, request)
        except BaseException:  # there are no threads left
            self._release()
            raise
        if type(arguments) is LargeArguments:
            work.add_done_callback(lambda _: self._pool.submit(dismantle, arguments))
        outcome = await self._follow(work, task, receive, deadline)
        if type(outcome) is Unfinished:
            return await self._complete(outcome, endpoint, request, headers, receive, deadline)
        self._release()
        return outcome

    async def _wait(
        self, turn: asyncio.Future, places: ConcurrencyLimiter, receive: Receive, deadline: Optional[float]
    ) -> None:
        try:
            await follow(turn, receive, deadline)
        except asyncio.TimeoutError:
            places.leave(turn)
            raise CallTimeout(_describe_waiting(self._limits.timeout_seconds, places.running)) from None
        except CallerLeft:
            places.leave(turn)
            raise

    async def _follow(
        self, work: asyncio.Future, task: Optional[UserTask], receive: Receive, deadline: Optional[float]
    ) -> Any:
        """The result of some of the job's code; when nobody waits for it any more, its place is free once it ends."""
        try:
            return await follow(work, None if task is None else receive, deadline)
        except (asyncio.TimeoutError, CallerLeft) as reason:
            if task is not None:
                task.cancel()
            work.add_done_callback(self._release_after)
            if isinstance(reason, CallerLeft):
                raise
            raise self._describe_timeout() from None
        except BaseException:
            self._release()
            raise

    async def _complete(
        self,
        outcome: Unfinished,
        endpoint: Endpoint,
        request: JobRequest,
        headers: Headers,
        receive: Receive,
        deadline: Optional[float],
    ) -> Answer:
        """Runs what the job returned instead of a result: a coroutine, or a generator to stream."""
        while isinstance(outcome.code, CoroutineType):
            unfinished = outcome
            task = self._user_loop.start(lambda: run_coroutine(endpoint, unfinished))  # noqa: B023 - awaited here
            next_outcome: Outcome = await self._follow(task.future, task, receive, deadline)
            if type(next_outcome) is not Unfinished:
                self._release()
                return next_outcome  # type: ignore[return-value]
            outcome = next_outcome
        return await self._open_stream(outcome, endpoint, request, headers, deadline)

    async def _open_stream(
        self,
        outcome: Unfinished,
        endpoint: Endpoint,
        request: JobRequest,
        headers: Headers,
        deadline: Optional[float],
    ) -> Answer:
        loop = asyncio.get_running_loop()
        request_id = headers.get(self._tracing_header)
        stream = Stream(outcome, choose_framing(headers), endpoint.path, loop)
        work = stream.start(self._pool, self._user_loop, None if request_id is None else request_id.decode('latin-1'))
        work.add_done_callback(self._release_after)
        if deadline is not None:
            timer = loop.call_at(deadline, self._interrupt, stream, endpoint, request)
            work.add_done_callback(lambda _: timer.cancel())
        return await stream.answer()

    def _interrupt(self, stream: Stream, endpoint: Endpoint, request: JobRequest) -> None:
        stream.interrupt(_present_outside(self._describe_timeout(), endpoint, request))

    def _describe_timeout(self) -> CallTimeout:
        return CallTimeout(f'the call took longer than {self._limits.timeout_seconds:g} s (call_timeout of the job)')

    def _release(self) -> None:
        if self._limits.places is not None:
            self._limits.places.release()

    def _release_after(self, work: asyncio.Future) -> None:
        work.exception()  # taken note of: nobody waits for it
        self._release()


def _describe_waiting(seconds: Optional[float], running: int) -> str:
    calls = '1 call is' if running == 1 else f'{running} calls are'
    return (
        f'the call waited {seconds:g} s for its turn; {calls} running. Call again later, '
        'or raise max_concurrency or call_timeout of the job'
    )


def _present_outside(error: Exception, endpoint: Endpoint, request: JobRequest) -> Response:
    """An error that the job's code did not raise; its line in the log is one of the call all the same."""
    context = Context()
    context.run(request_context.set, request)
    return context.run(present_error, error, endpoint.path)


def parse_large(endpoint: Endpoint, body: bytes, content_type: Optional[bytes], scope: Dict[str, Any]) -> Any:
    arguments = endpoint.parse(body, content_type, scope)
    return LargeArguments(arguments) if type(arguments) is dict else arguments


def run_function(endpoint: Endpoint, arguments: Any, request: JobRequest) -> Outcome:
    """A call in a worker thread, in a context of its own."""
    request_context.set(request)
    request_extra.set({})
    try:
        return present_result(endpoint.invoke(arguments))
    except BaseException as error:  # also SystemExit: one call must not end the job for all others
        return present_error(error, endpoint.path)


async def run_coroutine_function(endpoint: Endpoint, arguments: Any, request: JobRequest) -> Outcome:
    """A call of an `async def` function, as a task of the job's loop."""
    request_context.set(request)  # a task has a context of its own
    request_extra.set({})
    return await _present_awaited(lambda: endpoint.invoke(arguments), endpoint)


async def run_coroutine(endpoint: Endpoint, unfinished: Unfinished) -> Outcome:
    """A coroutine that a plain function returned."""
    for variable, value in unfinished.context.items():
        variable.set(value)
    return await _present_awaited(lambda: unfinished.code, endpoint)


async def _present_awaited(start: Callable[[], Awaitable[Any]], endpoint: Endpoint) -> Outcome:
    try:
        return present_result(await start())
    except asyncio.CancelledError:
        logger.info('%s was cancelled', endpoint.path)
        return error_response(500, {'error': 'the call was cancelled', 'type': 'CancelledError'})
    except BaseException as error:  # also SystemExit: it would end the loop for everyone
        return present_error(error, endpoint.path)
    finally:
        if forks.is_child:
            forks.end_child()
