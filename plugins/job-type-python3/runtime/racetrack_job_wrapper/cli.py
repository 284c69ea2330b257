"""The command line: `racetrack_job_wrapper run adder.py JobEntrypoint --uds job.sock`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import List, Optional

#: Where the wrapper's own packages are, when it was installed with them.
VENDOR_DIR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'vendor')
SWAGGER_DIR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'swagger')


def main(argv: Optional[List[str]] = None) -> int:
    options = parse_options(argv)
    if options.command is None:
        _create_parser().print_help(sys.stderr)
        return 2
    from racetrack_job_wrapper.vendoring import private_imports

    with private_imports(VENDOR_DIR):
        from racetrack_job_wrapper.run import run_job
    return run_job(options)


def parse_options(argv: Optional[List[str]] = None) -> argparse.Namespace:
    return _create_parser().parse_args(argv)


def _create_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='racetrack_job_wrapper', description='Serves a Python class over HTTP.')
    commands = parser.add_subparsers(dest='command')
    run = commands.add_parser('run', help='serve a class with a perform method')
    run.add_argument('entrypoint_path', nargs='?', default='', help='Python file with the class or functions')
    run.add_argument('entrypoint_classname', nargs='?', default='', help='empty: the only class of the file')
    run.add_argument('--model-path', default='', help='model to serve, or to load with load_model()')
    run.add_argument('--requirements-path', default='', help='file that names the packages of the job')
    run.add_argument('--uds', default='', help='listen on this Unix socket')
    run.add_argument('--host', default='', help='listen on this address only')
    run.add_argument('--port', type=int, default=7000, help='listen on this port, of all addresses')
    run.add_argument('--home-page', default='/docs', help='where the root page leads')
    run.add_argument('--max-concurrency', type=int, default=0, help='calls at once; 0: unlimited')
    run.add_argument('--max-concurrency-queue', type=int, default=None, help='calls that may wait')
    run.add_argument('--max-inflight-requests', type=int, default=0, help='calls that run and wait; 0: unlimited')
    run.add_argument('--call-timeout', type=float, default=0, help='seconds that a call may take; 0: any time')
    run.add_argument('--swagger-dir', default=SWAGGER_DIR, help=argparse.SUPPRESS)
    return parser
