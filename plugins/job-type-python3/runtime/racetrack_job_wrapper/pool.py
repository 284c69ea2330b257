"""Threads for the job's code. They grow with the calls in progress, so that no call waits for another by accident."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from queue import SimpleQueue
from typing import Any, Callable, Deque, Optional, Tuple

from racetrack_job_wrapper import forks

#: More calls than this at once wait for a thread; each costs some memory for its stack.
MAX_THREADS = 1000
#: Threads started without hesitation, and kept when there is nothing to do.
KEPT_THREADS = 4
#: A call that has waited this long gets a further thread. Calls that take microseconds do better with few threads.
GROW_AFTER_SECONDS = 0.01
#: After this time without need, threads beyond the kept ones end.
TRIM_AFTER_SECONDS = 30.0

#: How often threads take turns in Python. With many of them the event loop, which answers probes, is one among all:
#: shorter turns let it through sooner. With 40 calls that only compute, the slowest probe waited a third as long.
FEW_THREADS_INTERVAL_SECONDS = sys.getswitchinterval()
MANY_THREADS_INTERVAL_SECONDS = 0.001

Task = Tuple[asyncio.Future, Callable[..., Any], Tuple[Any, ...]]


class WorkerPool:
    """Runs work in threads. All but `_serve` belongs to the event loop, so the counts need no lock."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_threads: int = MAX_THREADS):
        self._loop = loop
        self._max_threads = max_threads
        self._queue: SimpleQueue[Optional[Task]] = SimpleQueue()
        #: Results on their way back to the loop, and whether it knows of them.
        self._done: Deque[Tuple[asyncio.Future, Any, Optional[BaseException]]] = deque()
        self._is_reported = False
        self._threads = 0
        #: Tasks that wait or run.
        self._busy = 0
        self._peak = 0
        self._submitted = 0
        self._is_watching = False
        self._trim_timer: Optional[asyncio.TimerHandle] = None

    def submit(self, work: Callable[..., Any], *arguments: Any) -> asyncio.Future:
        """Starts work at once, or as soon as a thread is free; the future ends with its result or exception."""
        future = self._loop.create_future()
        self._busy += 1
        self._submitted += 1
        if self._busy > self._peak:
            self._peak = self._busy
        self._queue.put((future, work, arguments))
        if self._busy > self._threads:
            if self._threads < KEPT_THREADS:
                self._start_thread()
            elif not self._is_watching:
                self._watch()
        return future

    def _watch(self) -> None:
        self._is_watching = True
        self._loop.call_later(GROW_AFTER_SECONDS, self._grow_if_stuck, self._submitted)

    def _grow_if_stuck(self, submitted: int) -> None:
        """Grows when a task that was submitted before the watch began has still not been taken up."""
        self._is_watching = False
        waiting = self._queue.qsize()
        if submitted > self._submitted - waiting:
            for _ in range(waiting):
                if not self._start_thread():
                    return
        elif waiting > 0:
            self._watch()

    def _start_thread(self) -> bool:
        if self._threads >= self._max_threads:
            return False
        thread = threading.Thread(target=self._serve, name=f'call-{self._threads + 1}', daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads: those that run will do
            if self._threads == 0:
                raise
            return False
        self._threads += 1
        self._adapt()
        return True

    def _adapt(self) -> None:
        has_many = self._threads > KEPT_THREADS
        sys.setswitchinterval(MANY_THREADS_INTERVAL_SECONDS if has_many else FEW_THREADS_INTERVAL_SECONDS)
        if has_many and self._trim_timer is None:
            self._trim_timer = self._loop.call_later(TRIM_AFTER_SECONDS, self._trim)

    def _trim(self) -> None:
        wanted = max(self._peak, KEPT_THREADS)
        for _ in range(self._threads - wanted):
            self._queue.put(None)
        self._threads = min(self._threads, wanted)
        self._peak = self._busy
        self._trim_timer = None
        self._adapt()

    def _serve(self) -> None:
        get, done = self._queue.get, self._done
        while True:
            task = get()
            if task is None:
                return
            future, work, arguments = task
            try:
                result, error = work(*arguments), None
            except BaseException as raised:
                result, error = None, raised
            if forks.is_child:
                forks.end_child()
            done.append((future, result, error))
            del task, future, work, arguments, result, error  # nothing of a call outlives it
            if not self._is_reported:
                self._is_reported = True
                try:
                    self._loop.call_soon_threadsafe(self._finish_all)
                except RuntimeError:  # the loop is closed: the process is ending
                    return

    def _finish_all(self) -> None:
        # First this, then the rest: what is added from now on is either seen here or reported anew.
        self._is_reported = False
        while self._done:
            future, result, error = self._done.popleft()
            self._busy -= 1
            if future.done():  # nobody waits any more
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
