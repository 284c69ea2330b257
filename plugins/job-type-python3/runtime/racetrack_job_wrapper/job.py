"""All that is known about a job once its class is constructed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Union

from racetrack_job_wrapper.calls import Endpoint
from racetrack_job_wrapper.documents import complete_document
from racetrack_job_wrapper.entrypoint import OFFERS
from racetrack_job_wrapper.examples import read_examples
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.openapi import DocumentedEndpoint, describe_job
from racetrack_job_wrapper.runtime import JobRuntime
from racetrack_job_wrapper.settings import Settings
from racetrack_job_wrapper.static_files import StaticFile, list_static_files, with_slash
from racetrack_job_wrapper.typed_routes import TypedRoutes, list_typed_routes
from racetrack_job_wrapper.user_metrics import render_user_metrics

if TYPE_CHECKING:
    from racetrack_job_wrapper.profiler import MemoryProfiler, Report
    from racetrack_job_wrapper.webview import Webview


@dataclass(frozen=True)
class Job:
    #: By full path, such as `/api/v1/perform`; called with POST.
    endpoints: Dict[str, Endpoint]
    static_files: Dict[str, Union[StaticFile, Report]]
    openapi: Dict[str, Any]
    #: Asks the job's own code for metrics; `None` when it has none.
    read_metrics: Optional[Callable[[], Any]]
    #: Pages of the job's own; `None` when it has none.
    webview: Optional[Webview]
    #: Of `auxiliary_endpoints_v2`; `None` when it has none.
    typed_routes: Optional[TypedRoutes]

    async def close(self) -> None:
        """Lets the job's own parts end in order, in some seconds at most; never raises."""
        if self.webview is not None:
            await self.webview.close()

    @property
    def perform(self) -> Optional[Endpoint]:
        return self.endpoints.get('/api/v1/perform')


def build_job(
    entrypoint: Any,
    settings: Settings,
    metrics: JobMetrics,
    runtime: JobRuntime,
    profiler: Optional[MemoryProfiler] = None,
) -> Job:
    """Looks at the instance and checks what it says; raises when the job breaks its own contract.

    Called in a thread of its own: it waits for the job's code.
    """
    if not any(hasattr(entrypoint, name) for name in OFFERS):
        kind = type(entrypoint).__name__
        raise TypeError(
            f'the class {kind} has no method perform, nor anything else to call; '
            f'write perform(self, ...) in it, or name another class in entrypoint_class'
        )
    functions = _list_functions(entrypoint)
    files: Dict[str, Union[StaticFile, Report]] = {**list_static_files(entrypoint)}
    if profiler is not None:
        functions.update(profiler.functions)
        files.update(profiler.reports)
    examples = read_examples(entrypoint, functions)
    endpoints = {
        f'/api/v1{path}': Endpoint(path, function, metrics.endpoint(path)) for path, function in functions.items()
    }
    static_files = {f'/api/v1{path}': file for path, file in files.items()}
    read_metrics = getattr(entrypoint, 'metrics', None)
    if read_metrics is not None:
        render_user_metrics(read_metrics())  # a broken method shows at the deployment, not at the first scrape
    documented = [
        DocumentedEndpoint(path, endpoint.signature, endpoint.function, examples[endpoint.path])
        for path, endpoint in endpoints.items()
    ]
    typed_routes = list_typed_routes(entrypoint, metrics)
    openapi = describe_job(settings.job_name, settings.job_version, documented, list(static_files), typed_routes)
    webview = _create_webview(entrypoint, settings, runtime)
    complete_document(openapi, entrypoint, has_webview=webview is not None)
    return Job(endpoints, static_files, openapi, read_metrics, webview, typed_routes)


def _create_webview(entrypoint: Any, settings: Settings, runtime: JobRuntime) -> Optional[Webview]:
    if not hasattr(entrypoint, 'webview_app'):
        return None
    from racetrack_job_wrapper.webview import create_webview  # most jobs have none, and start sooner without

    return create_webview(entrypoint, settings, runtime)


def _list_functions(entrypoint: Any) -> Dict[str, Callable[..., Any]]:
    functions: Dict[str, Callable[..., Any]] = {}
    if hasattr(entrypoint, 'perform'):
        functions['/perform'] = entrypoint.perform
    if hasattr(entrypoint, 'auxiliary_endpoints'):
        auxiliary = entrypoint.auxiliary_endpoints()
        functions.update({with_slash(path): auxiliary[path] for path in sorted(auxiliary)})
    return functions
