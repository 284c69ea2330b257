"""Runs jobs as real processes and calls them over their Unix sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

#: An environment that the plan's steps have built.
ENVIRONMENT = os.environ.get('WRAPPER_ENVIRONMENT', '')
PERFORM = '/pub/job/sample/latest/api/v1/perform'
JSON = {'Content-Type': 'application/json'}


class Answer(NamedTuple):
    status: int
    headers: Dict[str, str]
    body: bytes
    #: Whether the connection ended before the answer did.
    is_cut: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float):
        super().__init__('localhost', timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Job:
    def __init__(self, process: subprocess.Popen, folder: str):
        self.process = process
        self.folder = folder
        self.socket = os.path.join(folder, 'job.sock')

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Optional[Dict[str, str]] = None,
        timeout: float = 15,
    ) -> Answer:
        connection = UnixConnection(self.socket, timeout)
        try:
            data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            try:
                return Answer(response.status, fields, response.read())
            except http.client.IncompleteRead as error:
                return Answer(response.status, fields, error.partial, is_cut=True)
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Answer:
        return self.request('GET', path, **options)

    def call(self, path: str = PERFORM, **arguments: Any) -> Answer:
        return self.request('POST', path, arguments, JSON)

    def start_call(self, **arguments: Any) -> 'StartedCall':
        return StartedCall(self, arguments)

    def wait_until_ready(self, path: str = '/ready', status: int = 200) -> None:
        wait_until(lambda: self.get(path).status == status)

    def log(self) -> str:
        with open(os.path.join(self.folder, 'log'), encoding='utf-8') as file:
            return file.read()

    def wait_for_log(self, text: str) -> str:
        """The log once it holds the text: a line may come after the answer that it is about."""
        wait_until(lambda: text in self.log(), 5)
        return self.log()

    def stop(self, number: int = signal.SIGTERM, timeout: float = 10) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout)


class StartedCall:
    """A call in a thread of its own."""

    def __init__(self, job: Job, arguments: Dict[str, Any]):
        self._answers: List[Answer] = []
        self._thread = threading.Thread(target=lambda: self._answers.append(job.call(**arguments)), daemon=True)
        self._thread.start()

    def join(self) -> Answer:
        self._thread.join(20)
        return self._answers[0]


def wait_until(is_done: Any, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if is_done():
                return
        except OSError:
            pass  # not listening yet
        if time.monotonic() > deadline:
            raise TimeoutError('it did not happen in time')
        time.sleep(0.02)


@contextlib.contextmanager
def starting_job(
    source: str,
    *options: str,
    env: Optional[Dict[str, str]] = None,
    class_name: str = '',
    files: Optional[Dict[str, str]] = None,
    entrypoint: str = 'job.py',
    wrapper: str = os.path.join(ENVIRONMENT, 'wrapper'),
) -> Iterator[Job]:
    """Starts a job from its source text, in a temporary folder; ends it when the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {'job.py': source, **(files or {})}.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(textwrap.dedent(text))
        arguments = [
            *(os.path.join(ENVIRONMENT, 'bin', 'python'), '-u', '-B'),
            *(os.path.join(wrapper, 'run_job.py'), 'run', '--uds', os.path.join(folder, 'job.sock')),
            *(*options, '--', entrypoint, class_name),
        ]
        variables = {'PATH': os.environ['PATH'], 'JOB_NAME': 'sample', 'JOB_VERSION': '1.2.3', **(env or {})}
        with open(os.path.join(folder, 'log'), 'wb') as log:
            process = subprocess.Popen(arguments, cwd=folder, env=variables, stdout=log, stderr=log)
        job = Job(process, folder)
        try:
            wait_until(lambda: job.get('/live').status > 0 or process.poll() is not None)
            yield job
        finally:
            for started in {process, job.process}:  # a test may have put another one in its place
                started.kill()
                started.wait()
            if sys.exc_info()[0] is not None:
                print(job.log(), file=sys.stderr)


@contextlib.contextmanager
def running_job(source: str, *options: str, **rest: Any) -> Iterator[Job]:
    """As `starting_job`, once it is ready."""
    with starting_job(source, *options, **rest) as job:
        job.wait_until_ready()
        yield job


def timed(work: Any) -> Tuple[Any, float]:
    """The result and the seconds it took."""
    started = time.monotonic()
    return work(), time.monotonic() - started
