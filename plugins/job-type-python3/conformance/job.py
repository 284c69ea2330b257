"""The job with which the wrapper is tested: every `mode` does one thing that a job may do to its wrapper."""

import logging
import os
import sys
import time
from typing import Any, Dict, Iterator, List, Optional

from racetrack_job_wrapper.call import call_job

logger = logging.getLogger('conformance')


class Panic(BaseException):
    """What `except Exception` does not catch."""


class Entrypoint:
    def __init__(self):
        wish = os.environ.get('CONFORMANCE_INIT')
        if wish == 'slow':
            time.sleep(2)
        if wish == 'fail':
            raise RuntimeError('the model is missing')

    def perform(
        self,
        mode: str,
        numbers: Optional[List[float]] = None,
        value: Any = None,
        seconds: float = 0.0,
        message: str = '',
        lines: int = 0,
        name: str = '',
        payload: Optional[Dict[str, Any]] = None,
    ) -> Any:
        """Does what `mode` says."""
        if mode == 'add':
            return sum(numbers or [])
        if mode == 'echo':
            return value
        if mode == 'sleep':
            time.sleep(seconds)
            return 'done'
        if mode == 'spin':
            return spin(seconds)
        if mode == 'headers':
            return {key.lower(): text for key, text in self.request_context.get().headers.items()}
        if mode == 'log':
            logger.info(message)
            return 'logged'
        if mode == 'flood':
            for number in range(lines):
                print(f'line {number} of a flood that nobody asked for')
            return 'flooded'
        if mode == 'unencodable':
            return float('nan')
        if mode == 'stream':
            return break_off(message)
        if mode == 'call':
            return call_job(self, name, payload=payload)
        return go_wrong(mode, message)

    def docs_input_example(self) -> Dict[str, Any]:
        return {'mode': 'add', 'numbers': [40, 2]}


def spin(seconds: float) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return 'done'


def break_off(message: str) -> Iterator[int]:
    yield 1
    raise RuntimeError(message)


def go_wrong(mode: str, message: str) -> None:
    if mode == 'fail':
        raise RuntimeError(message)
    if mode == 'panic':
        raise Panic(message)
    if mode == 'exit':
        sys.exit(3)
    raise ValueError(message or f'there is no mode {mode!r}')
