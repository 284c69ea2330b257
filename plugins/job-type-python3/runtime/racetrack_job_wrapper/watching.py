"""Waits for the job's code while an eye is kept on the caller and on the clock."""

from __future__ import annotations

import asyncio
from typing import Any, Optional

from racetrack_job_wrapper.bodies import Receive


class CallerLeft(Exception):
    """Nobody waits for the answer any more."""


async def follow(work: asyncio.Future, receive: Optional[Receive], deadline: Optional[float]) -> Any:
    """The result of the work.

    Raises `CallerLeft` when the caller leaves (asked only with `receive`), `asyncio.TimeoutError` at the deadline (in
    the time of the loop), and what the work raises. The work goes on then.
    """
    watch = None if receive is None else asyncio.ensure_future(wait_for_leave(receive))
    try:
        waited = {work} if watch is None else {work, watch}
        timeout = None if deadline is None else deadline - asyncio.get_running_loop().time()
        await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        if watch is not None and watch.done():
            raise CallerLeft
        raise asyncio.TimeoutError
    finally:
        if watch is not None:
            watch.cancel()


async def wait_for_leave(receive: Receive) -> None:
    """Ends when the caller closes the connection, or the answer is complete."""
    while (await receive())['type'] != 'http.disconnect':
        pass
