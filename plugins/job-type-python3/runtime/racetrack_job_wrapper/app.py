"""The ASGI application: one for the whole life of the process, from the first probe to the last call."""

from __future__ import annotations

import time
from typing import Any, Awaitable, Callable, Dict, List, Optional

from racetrack_job_wrapper.calls import CallRunner, Receive
from racetrack_job_wrapper.cors import allow_origin, answer_preflight, is_preflight
from racetrack_job_wrapper.errors import describe
from racetrack_job_wrapper.http_date import http_date
from racetrack_job_wrapper.job import Job
from racetrack_job_wrapper.logs import AccessLog, logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.responses import Response, detail_response
from racetrack_job_wrapper.routes import SILENT_PATHS, Routes
from racetrack_job_wrapper.routing import split_prefix

Send = Callable[[Dict[str, Any]], Awaitable[None]]


class JobApp:
    """Answers requests. Everything but the job's own code runs on the event loop."""

    def __init__(self, routes: Routes, runner: CallRunner, metrics: JobMetrics, access_log: AccessLog):
        self._routes = routes
        self._runner = runner
        self._metrics = metrics
        self._access_log = access_log
        self._endpoints: Dict[str, Any] = {}

    def become_ready(self, job: Job) -> None:
        self._endpoints = job.endpoints
        self._routes.become_ready(job)

    async def __call__(self, scope: Dict[str, Any], receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        metrics = self._metrics
        metrics.http_started.value += 1
        prefix, path = split_prefix(scope['path'])
        headers = dict(scope['headers'])
        is_silent = path in SILENT_PATHS
        if self._access_log.wants_starts and not is_silent:
            self._access_log.started(scope['method'], target_of(scope), headers)
        endpoint = self._endpoints.get(path)
        if endpoint is not None and scope['method'] == 'POST':
            response = await self._runner.call(endpoint, scope, headers, receive)
        else:
            response = await self._answer(scope, prefix, path, headers)
        if response is not None:
            if b'origin' in headers:
                response.headers += allow_origin(headers[b'origin'])
            await _send(response, send)
            if not is_silent:
                self._access_log.done(scope['method'], target_of(scope), response.status, headers)
            if response.status == 500 and not is_silent:
                metrics.http_errors.value += 1
        metrics.http_done.value += 1
        metrics.http_duration.observe(time.perf_counter() - started)

    async def _answer(
        self, scope: Dict[str, Any], prefix: str, path: str, headers: Dict[bytes, bytes]
    ) -> Optional[Response]:
        method = scope['method']
        try:
            if is_preflight(method, headers):
                return answer_preflight(headers)
            return await self._routes.answer(method, prefix, path, scope['query_string'])
        except Exception as error:  # a fault of ours: the process goes on, the log has the details
            logger.exception('request failed: %s', describe(error))
            return detail_response(500, 'Internal Server Error')


async def _send(response: Response, send: Send) -> None:
    body = response.body
    headers: List[Any] = response.headers
    headers.append((b'content-length', b'%d' % len(body)))
    headers.append((b'date', http_date()))
    await send({'type': 'http.response.start', 'status': response.status, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})


def target_of(scope: Dict[str, Any]) -> str:
    """The path as it was sent, without the query, which may hold secrets; percent-encoded, so one line stays one."""
    return scope['raw_path'].decode('ascii', 'backslashreplace')
