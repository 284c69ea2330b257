"""Every address of a job but the calls themselves."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Dict, Optional, Tuple, Union

from racetrack_job_wrapper.docs_page import DocsPage
from racetrack_job_wrapper.endpoint import Endpoint
from racetrack_job_wrapper.job import Job
from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.openapi import describe_job, with_servers
from racetrack_job_wrapper.pool import WorkerPool
from racetrack_job_wrapper.probes import Probes
from racetrack_job_wrapper.process_metrics import render_process_metrics
from racetrack_job_wrapper.responses import METRICS, Response, detail_response, error_response, json_response, redirect
from racetrack_job_wrapper.settings import Settings
from racetrack_job_wrapper.signature import present_parameters
from racetrack_job_wrapper.typed_routes import TypedRoutes
from racetrack_job_wrapper.user_metrics import render_user_metrics

#: Requests that nobody wants to read about in the log.
SILENT_PATHS = frozenset({'/live', '/ready', '/health', '/metrics', '/metrics/'})

PERFORM_PATH = '/api/v1/perform'

#: The job's own metrics are left out of a scrape that they would hold up for longer.
USER_METRICS_TIMEOUT_SECONDS = 5.0

Handler = Callable[[str], Union[Response, Awaitable[Response]]]


class Routes:
    """Answers GET requests; knows nothing of the job's code until that is constructed."""

    def __init__(
        self,
        settings: Settings,
        probes: Probes,
        docs: DocsPage,
        metrics: JobMetrics,
        pool: WorkerPool,
        home_page: str = '/docs',
    ):
        self._settings = settings
        self._probes = probes
        self._docs = docs
        self._metrics = metrics
        self._pool = pool
        self._home_page = home_page
        self._job: Optional[Job] = None
        self._openapi = describe_job(settings.job_name, settings.job_version)
        self._typed: Optional[TypedRoutes] = None
        self._handlers: Dict[str, Handler] = {
            '/live': lambda _: probes.live(),
            '/ready': lambda _: probes.ready(),
            '/health': lambda _: probes.health(),
            '/metrics': self._scrape,
            '/metrics/': self._scrape,
            '/docs': lambda _: docs.read_page(),
            '/openapi.json': self._present_openapi,
            '/': lambda _: redirect(f'.{self._home_page}'),
            '/redoc': lambda _: redirect('./docs'),
        }

    def become_ready(self, job: Job) -> None:
        self._job = job
        self._openapi = job.openapi
        self._typed = job.typed_routes
        self._handlers['/api/v1/parameters'] = self._present_parameters
        for path, file in job.static_files.items():
            self._handlers[path] = lambda _, file=file: self._pool.submit(file.read)

    @property
    def is_initialising(self) -> bool:
        """Probes fail then, as they should."""
        return self._job is None and self._probes.error is None

    def find_call(self, method: str, path: str) -> Optional[Tuple[Endpoint, Dict[str, str]]]:
        """An endpoint of `auxiliary_endpoints_v2`, and what its path says."""
        return None if self._typed is None else self._typed.find(method, path)

    def knows(self, path: str) -> bool:
        return bool(self._list_methods(path))

    async def answer(self, method: str, prefix: str, path: str, query: bytes) -> Response:
        """Answers all that is not a call. HEAD is answered as GET: the server leaves the body out."""
        if method == 'HEAD':
            method = 'GET'
        handler = self._handlers.get(path)
        if path == PERFORM_PATH and method == 'POST' and self._job is not None:
            return refuse_perform()
        if handler is not None and method == 'GET':
            answer = handler(prefix)
            return answer if isinstance(answer, Response) else await answer
        if path.startswith('/docs/') and method == 'GET':
            asset = self._docs.find_asset(path[len('/docs/') :])
            if asset is not None:
                return asset
        return self._redirect_or_refuse(method, prefix, path, query)

    def _redirect_or_refuse(self, method: str, prefix: str, path: str, query: bytes) -> Response:
        suffix = f'?{query.decode("latin-1")}' if query else ''
        if path == '' and method == 'GET':  # the bare prefix
            return redirect(f'./{prefix.rpartition("/")[2]}/{suffix}')
        allowed = self._list_methods(path)
        if path == '' or (allowed and method not in allowed.split(', ')):
            return detail_response(405, 'Method Not Allowed', None, (b'allow', (allowed or 'GET, HEAD').encode()))
        bare = path.rstrip('/')
        if bare and bare != path and self._list_methods(bare):
            return redirect(f'../{bare.rpartition("/")[2]}{suffix}')
        if method == 'GET' and f'{path}/' in self._handlers:  # a folder with a page of its own
            return redirect(f'./{path.rpartition("/")[2]}/{suffix}')
        return detail_response(404, 'Not Found', self._explain_missing(path))

    def _list_methods(self, path: str) -> str:
        if path in self._handlers or (path.startswith('/docs/') and self._docs.find_asset(path[6:]) is not None):
            return 'GET, HEAD'
        if self._job is not None and (path == PERFORM_PATH or path in self._job.endpoints):
            return 'POST'
        return '' if self._typed is None else self._typed.list_methods(path)

    def _explain_missing(self, path: str) -> str:
        if self._probes.error is not None:
            return f'Not Found: the job failed to initialise: {self._probes.error}'
        if self._job is None:
            return 'Not Found: the job is still initialising'
        return f'Not Found: the job has nothing at {path}'

    def _present_openapi(self, prefix: str) -> Response:
        own = f'/pub/job/{self._settings.job_name}/{self._settings.job_version}'
        return json_response(with_servers(self._openapi, prefix or own))

    def _present_parameters(self, _prefix: str) -> Response:
        perform = self._job.perform if self._job is not None else None
        if perform is None:
            return refuse_perform()
        return json_response(present_parameters(perform.signature))

    async def _scrape(self, _prefix: str) -> Response:
        own = await self._read_user_metrics()
        text = self._metrics.render() + render_process_metrics() + own
        return Response(200, text.encode(), [METRICS])

    async def _read_user_metrics(self) -> str:
        read = self._job.read_metrics if self._job is not None else None
        if read is None:
            return ''
        try:
            rendered = self._pool.submit(lambda: render_user_metrics(read()))
            return await asyncio.wait_for(rendered, USER_METRICS_TIMEOUT_SECONDS)
        except asyncio.TimeoutError:
            logger.error('metrics() of the job took more than %s s', USER_METRICS_TIMEOUT_SECONDS)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                raise
            logger.error('metrics() of the job failed: %s: %s', type(error).__name__, error)
        return ''


def refuse_perform() -> Response:
    """What a job without `perform` answers; it may have other endpoints."""
    body: Dict[str, Any] = {'error': "entrypoint doesn't have 'perform' method implemented", 'type': 'ValueError'}
    return error_response(400, body)
