"""Measures processor time per call: `python bench_perform.py --wrapper ENVIRONMENT/wrapper`.

Starts a job, calls it over kept Unix connections, and divides the processor time of its process (user and system,
from /proc) by the number of calls. An ASGI application that answers at once is measured in turn with it: the floor of
this server on this machine at this moment, since shared machines change their pace. Medians and minima of all rounds.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time

JOB = 'class Adder:\n    def perform(self, numbers):\n        return sum(numbers)\n'
BARE = """
import sys
sys.path[:0] = [{vendor!r}, {wrapper!r}]
import asyncio, json
from racetrack_job_wrapper.server import JobServer, new_event_loop
from racetrack_job_wrapper.listening import listen_unix
async def app(scope, receive, send):
    await receive()
    await send({{'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]}})
    await send({{'type': 'http.response.body', 'body': b'42'}})
async def main():
    await JobServer(app, listen_unix({socket!r}), 1).serve()
new_event_loop().run_until_complete(main())
"""
BODY = b'{"numbers":[40,2]}'
REQUEST = (
    b'POST /pub/job/adder/0.0.1/api/v1/perform HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    b'X-Request-Tracing-Id: 5a1c0de5-0000-4000-8000-000000000000\r\nX-Caller-Name: User admin\r\n'
    b'User-Agent: bench\r\nAccept: */*\r\nContent-Length: %d\r\n\r\n%s' % (len(BODY), BODY)
)


def main() -> None:
    options = parse_options()
    with tempfile.TemporaryDirectory() as folder:
        servers = {name: start(name, folder, options) for name in ('bare', 'perform')}
        try:
            for connections in options.connections:
                report(connections, servers, options)
        finally:
            for process, _ in servers.values():
                process.terminate()
                process.wait(10)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument('--wrapper', default=here, help='folder with run_job.py and vendor/')
    parser.add_argument('--python', default=sys.executable)
    parser.add_argument('--seconds', type=float, default=1)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--connections', type=int, nargs='+', default=[1, 16, 64])
    return parser.parse_args()


def start(name: str, folder: str, options: argparse.Namespace) -> tuple[subprocess.Popen, str]:
    path = os.path.join(folder, f'{name}.sock')
    with open(os.path.join(folder, 'adder.py'), 'w', encoding='utf-8') as file:
        file.write(JOB)
    if name == 'bare':
        vendor = os.path.join(options.wrapper, 'vendor')
        arguments = ['-c', BARE.format(vendor=vendor, wrapper=options.wrapper, socket=path)]
    else:
        arguments = ['-u', os.path.join(options.wrapper, 'run_job.py'), 'run', 'adder.py', '--uds', path]
    with open(os.path.join(folder, f'{name}.log'), 'wb') as log:
        process = subprocess.Popen([options.python, *arguments], cwd=folder, stdout=log, stderr=log)
    return process, path


def report(connections: int, servers: dict[str, tuple[subprocess.Popen, str]], options: argparse.Namespace) -> None:
    figures: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(options.rounds):
        for name, (process, path) in servers.items():
            figures[name].append(measure(path, process.pid, connections, options.seconds))
    for name, values in figures.items():
        print(
            f'{connections:3} connections, {name:7}: median {statistics.median(values):6.1f}, '
            f'minimum {min(values):6.1f} us CPU per call'
        )


def measure(path: str, pid: int, connections: int, seconds: float) -> float:
    """Microseconds of processor time per call."""
    sockets = [connect(path) for _ in range(connections)]
    run(sockets, 0.1)
    before = cpu_seconds(pid)
    calls = run(sockets, seconds)
    used = cpu_seconds(pid) - before
    for connection in sockets:
        connection.close()
    return used / calls * 1e6


def connect(path: str) -> socket.socket:
    deadline = time.monotonic() + 10
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
            connection.sendall(REQUEST)
            receive(connection)
            return connection
        except (OSError, RuntimeError):
            pass
        connection.close()
        if time.monotonic() > deadline:
            raise TimeoutError('the job did not answer')
        time.sleep(0.05)


def run(sockets: list[socket.socket], seconds: float) -> int:
    """Keeps one call in flight on every connection; answers how many ended."""
    poll = select.epoll()
    by_number = {connection.fileno(): connection for connection in sockets}
    for number, connection in by_number.items():
        poll.register(number, select.EPOLLIN)
        connection.sendall(REQUEST)
    calls, waiting = 0, len(sockets)
    deadline = time.monotonic() + seconds
    while waiting:
        for number, _ in poll.poll(5):
            receive(by_number[number])
            calls += 1
            if time.monotonic() < deadline:
                by_number[number].sendall(REQUEST)
            else:
                waiting -= 1
    return calls


def receive(connection: socket.socket) -> None:
    answer = connection.recv(4096)
    while not answer.endswith(b'\r\n\r\n42'):  # head and body may come apart
        if not answer.startswith(b'HTTP/1.1 200') or len(answer) > 4096:
            raise RuntimeError(f'unexpected answer: {answer[:200]!r}')
        answer += connection.recv(4096)


def cpu_seconds(pid: int) -> float:
    with open(f'/proc/{pid}/stat', encoding='latin-1') as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


if __name__ == '__main__':
    main()
