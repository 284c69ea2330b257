"""Runs one job: `python wrapper.py ENTRYPOINT`. Every endpoint answers at the root and below /pub/job/NAME/VERSION."""
import importlib.util
import json
import os
import re
import signal
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 7000
DEPLOYMENT_TIMESTAMP = int(os.environ.get('JOB_DEPLOYMENT_TIMESTAMP', '0'))


class Job:
    perform = None
    failure = None

    def load(self, path: Path) -> None:
        try:
            sys.path.insert(0, str(path.parent))
            spec = importlib.util.spec_from_file_location('racetrack_job', path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self.perform = module.perform
        except Exception as error:
            traceback.print_exc()
            self.failure = f'{type(error).__name__}: {error}'


JOB = Job()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self) -> None:
        path = self.job_path()
        if path == '/live':
            live = {'live': JOB.failure is None, 'deployment_timestamp': DEPLOYMENT_TIMESTAMP}
            if JOB.failure is None:
                self.send_json(200, live)
            else:
                self.send_json(500, {**live, 'error': JOB.failure})
        elif path == '/ready':
            self.send_json(503 if JOB.perform is None else 200, {'ready': JOB.perform is not None})
        else:
            self.send_json(404, {'error': f'there is nothing at {path}'})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.job_path() != '/api/v1/perform':
            return self.send_json(404, {'error': f'there is nothing at {self.job_path()}'})
        if JOB.perform is None:
            return self.send_json(503, {'error': 'the job is starting'})
        try:
            arguments = json.loads(body or b'{}')
            if not isinstance(arguments, dict):
                raise ValueError('it is no object')
        except ValueError as error:
            return self.send_json(400, {'error': f'the body is not a JSON object: {error}'})
        try:
            self.send_json(200, JOB.perform(**arguments))
        except Exception as error:
            traceback.print_exc()
            self.send_json(500, {'error': f'{type(error).__name__}: {error}'})

    def job_path(self) -> str:
        return re.sub(r'^/pub/job/[^/]+/[^/]+', '', self.path.split('?')[0])

    def send_json(self, status: int, data) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args) -> None:
        """Calls are counted by the platform"""


if __name__ == '__main__':
    server = ThreadingHTTPServer(('0.0.0.0', PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    # It listens before the job is loaded, so that a job that fails can say why.
    threading.Thread(target=JOB.load, args=[Path(sys.argv[1])], daemon=True).start()
    server.serve_forever()
