"""Where the memory of a job goes, recorded by memray: on with `jobtype_extra.memray_profiler` or `MEMRAY_PROFILER`.

Recording begins with the job. It costs time and disk: it is for finding a leak, not for every day.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from typing import Any, Callable, Dict, List, Optional

from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.responses import HTML, TEXT, Response, error_response

BINARY = (b'content-type', b'application/octet-stream')
#: Longest that memray may take to make a report.
REPORT_SECONDS = 300

MISSING = (
    'memory profiling is switched on, but memray is not installed: write memray into requirements.txt, and name that '
    'file in jobtype_extra.requirements_path'
)


class Report:
    """Something to fetch."""

    def __init__(self, make: Callable[[], Response]):
        self._make = make

    def read(self) -> Response:
        return self._make()


class MemoryProfiler:
    def __init__(self, with_leaks: bool):
        self._with_leaks = with_leaks
        folder = tempfile.mkdtemp(prefix='racetrack-memray-')
        self._path = os.path.join(folder, 'report.bin')
        self._page = os.path.join(folder, 'flamegraph.html')
        self._tracker: Any = None

    @property
    def functions(self) -> Dict[str, Callable[[], Any]]:
        return {'/profiler/memray/start': self.start, '/profiler/memray/stop': self.stop}

    @property
    def reports(self) -> Dict[str, Report]:
        return {
            '/profiler/memray/report': Report(self._read_report),
            '/profiler/memray/flamegraph': Report(self._read_flamegraph),
            '/profiler/memray/stats': Report(self._read_stats),
        }

    def start(self) -> Dict[str, str]:
        """Begins a new recording of memory."""
        if not is_available():
            raise ValueError(MISSING)
        memray: Any = importlib.import_module('memray')
        self._end()
        tracker = memray.Tracker(destination=memray.FileDestination(self._path, overwrite=True))
        tracker.__enter__()
        self._tracker = tracker
        return {'status': 'recording'}

    def stop(self) -> Dict[str, str]:
        """Ends the recording; reports show it until the next one."""
        self._end()
        return {'status': 'stopped'}

    def _end(self) -> None:
        tracker, self._tracker = self._tracker, None
        if tracker is not None:
            tracker.__exit__(None, None, None)

    def _read_report(self) -> Response:
        return self._find_problem() or _read(self._path, BINARY)

    def _read_flamegraph(self) -> Response:
        leaks = ['--leaks'] if self._with_leaks else []
        command = ['flamegraph', '--force', *leaks, '--output', self._page, self._path]
        return self._run(command) or _read(self._page, HTML)

    def _read_stats(self) -> Response:
        return self._run(['stats', self._path], TEXT) or Response(204, b'', [])

    def _run(self, command: List[str], shown_as: Any = None) -> Optional[Response]:
        """The output of memray, or what went wrong; `None` for success without output to show."""
        problem = self._find_problem()
        if problem is not None:
            return problem
        done = subprocess.run(
            [sys.executable, '-m', 'memray', *command],
            capture_output=True,
            timeout=REPORT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode != 0:
            text = done.stderr.decode('utf-8', 'replace').strip()
            return error_response(400, {'error': f'memray: {text[-2000:]}', 'type': 'ValueError'})
        return None if shown_as is None else Response(200, done.stdout, [shown_as])

    def _find_problem(self) -> Optional[Response]:
        if not is_available():
            text = MISSING
        elif not os.path.isfile(self._path):
            text = f'Memory report not found at {self._path}'
        elif self._tracker is not None:
            text = 'the recording goes on: end it with POST /api/v1/profiler/memray/stop first'
        else:
            return None
        return error_response(400, {'error': text, 'type': 'ValueError'})


def start_profiler(with_leaks: bool) -> MemoryProfiler:
    """Starts recording, if that is possible; without memray the endpoints say what is missing."""
    profiler = MemoryProfiler(with_leaks)
    if is_available():
        profiler.start()
    else:
        logger.warning(MISSING)
    return profiler


def is_available() -> bool:
    return importlib.util.find_spec('memray') is not None


def _read(path: str, content_type: Any) -> Response:
    with open(path, 'rb') as file:
        return Response(200, file.read(), [content_type])
