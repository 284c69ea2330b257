"""Answers that come item by item: generators and async generators of the job (`yield`)."""

from __future__ import annotations

import asyncio
from contextvars import Context
from types import AsyncGeneratorType
from typing import Any, Callable, Dict, Optional, Union

from racetrack_job_wrapper import forks
from racetrack_job_wrapper.channel import Channel, ChannelClosed
from racetrack_job_wrapper.coroutines import UserLoop, UserTask
from racetrack_job_wrapper.encoding import encode_json
from racetrack_job_wrapper.pool import WorkerPool
from racetrack_job_wrapper.responses import Response, StreamResponse
from racetrack_job_wrapper.results import Unfinished, encode_result, present_error

NDJSON = (b'content-type', b'application/x-ndjson')
EVENTS = (b'content-type', b'text/event-stream; charset=utf-8')
#: Nobody on the way may keep the parts back.
_UNBUFFERED = ((b'cache-control', b'no-cache'), (b'x-accel-buffering', b'no'))


class Lines:
    """One JSON value a line. An error is the last line, an object with `error`; the connection is cut behind it."""

    headers = (NDJSON, *_UNBUFFERED)

    def item(self, value: Any) -> bytes:
        return encode_result(value) + b'\n'

    def error(self, error: Dict[str, Any]) -> bytes:
        return encode_json(error) + b'\n'


class Events:
    """Server-sent events, one for each item. An error is an event of the type `error`."""

    headers = (EVENTS, *_UNBUFFERED)

    def item(self, value: Any) -> bytes:
        return b'data: ' + encode_result(value) + b'\n\n'

    def error(self, error: Dict[str, Any]) -> bytes:
        return b'event: error\ndata: ' + encode_json(error) + b'\n\n'


Framing = Union[Lines, Events]


def choose_framing(headers: Dict[bytes, bytes]) -> Framing:
    """Events for those who ask for them, else lines."""
    return Events() if b'text/event-stream' in headers.get(b'accept', b'').lower() else Lines()


class Stream:
    """A generator of the job on its way to the caller."""

    def __init__(self, unfinished: Unfinished, framing: Framing, path: str, loop: asyncio.AbstractEventLoop):
        self._generator = unfinished.code
        self._context = unfinished.context
        self._framing = framing
        self._path = path
        self._request_id: Optional[str] = None
        self.channel = Channel(loop)
        #: Ends when the job's code has ended.
        self.future: Optional[asyncio.Future] = None

    def start(self, pool: WorkerPool, user_loop: UserLoop, request_id: Optional[str]) -> asyncio.Future:
        """Begins to run the generator: in one thread from its first item to its last, or on the job's loop."""
        self._request_id = request_id
        if isinstance(self._generator, AsyncGeneratorType):
            task = self._start_task(user_loop)
            self.channel.on_close.append(task.cancel)
            self.future = task.future
        else:
            self.future = pool.submit(self._context.run, self._pump)
        return self.future

    async def answer(self) -> Union[Response, StreamResponse]:
        """The answer, once there is a first item; an error before it is an ordinary one."""
        has_first = await self.channel.wait_for_first()
        if not has_first and self.channel.failure is not None:
            return self.channel.failure
        return StreamResponse(200, list(self._framing.headers), self.channel)

    def interrupt(self, failure: Response) -> None:
        """Ends the stream with an error, whatever the job's code does."""
        self.channel.interrupt(failure, self._closing(failure))

    def _start_task(self, user_loop: UserLoop) -> UserTask:
        context: Context = self._context
        return user_loop.start(lambda: _in_context(context, self._pump_async))

    def _pump(self) -> None:
        generator, item = self._generator, self._framing.item
        try:
            try:
                for value in generator:
                    self.channel.put(item(value))
            finally:
                generator.close()
        except ChannelClosed:
            self.channel.finish()
        except BaseException as error:  # also SystemExit: one call must not end the job for all others
            self._fail(error)
        else:
            self.channel.finish()

    async def _pump_async(self) -> None:
        generator, item = self._generator, self._framing.item
        try:
            try:
                async for value in generator:
                    await self.channel.put_async(item(value))
                    if forks.is_child:
                        forks.end_child()
            finally:
                await generator.aclose()
        except BaseException as error:
            is_told = isinstance(error, (ChannelClosed, asyncio.CancelledError)) and self.channel.is_over
            if not is_told:  # the job may also have cancelled itself
                self._fail(error)
        else:
            self.channel.finish()
        if forks.is_child:
            forks.end_child()

    def _fail(self, error: BaseException) -> None:
        failure = present_error(error, self._path)
        self.channel.finish(failure, self._closing(failure))

    def _closing(self, failure: Response) -> bytes:
        if self._request_id is not None:
            failure.add_request_id(self._request_id)
        return self._framing.error(failure.error or {'error': 'the call failed'})


async def _in_context(context: Context, run: Callable[[], Any]) -> None:
    """Carries the values of a context over to the current task: a task cannot be given one before Python 3.11."""
    for variable, value in context.items():
        variable.set(value)
    await run()
