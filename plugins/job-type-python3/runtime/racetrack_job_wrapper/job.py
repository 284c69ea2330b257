"""All that is known about a job once its class is constructed."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

from racetrack_job_wrapper.calls import Endpoint
from racetrack_job_wrapper.examples import read_examples
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.openapi import DocumentedEndpoint, describe_job
from racetrack_job_wrapper.settings import Settings
from racetrack_job_wrapper.static_files import StaticFile, list_static_files, with_slash
from racetrack_job_wrapper.user_metrics import render_user_metrics

#: What a job can offer. Some have pages only, and no `perform`; one with none of these is a mistake.
OFFERS = ('perform', 'auxiliary_endpoints', 'static_endpoints', 'webview_app', 'metrics')


@dataclass(frozen=True)
class Job:
    #: By full path, such as `/api/v1/perform`; called with POST.
    endpoints: Dict[str, Endpoint]
    static_files: Dict[str, StaticFile]
    openapi: Dict[str, Any]
    #: Asks the job's own code for metrics; `None` when it has none.
    read_metrics: Optional[Callable[[], Any]]

    @property
    def perform(self) -> Optional[Endpoint]:
        return self.endpoints.get('/api/v1/perform')


def build_job(entrypoint: Any, settings: Settings, metrics: JobMetrics) -> Job:
    """Looks at the instance and checks what it says; raises when the job breaks its own contract."""
    if not any(hasattr(entrypoint, name) for name in OFFERS):
        kind = type(entrypoint).__name__
        raise TypeError(
            f'the class {kind} has no method perform, nor anything else to call; '
            f'write perform(self, ...) in it, or name another class in entrypoint_class'
        )
    functions = _list_functions(entrypoint)
    examples = read_examples(entrypoint, functions)
    endpoints = {
        f'/api/v1{path}': Endpoint(path, function, metrics.endpoint(path)) for path, function in functions.items()
    }
    static_files = {f'/api/v1{path}': file for path, file in list_static_files(entrypoint).items()}
    read_metrics = getattr(entrypoint, 'metrics', None)
    if read_metrics is not None:
        render_user_metrics(read_metrics())  # a broken method shows at the deployment, not at the first scrape
    documented = [
        DocumentedEndpoint(path, endpoint.signature, inspect.getdoc(endpoint.function) or '', examples[endpoint.path])
        for path, endpoint in endpoints.items()
    ]
    openapi = describe_job(settings.job_name, settings.job_version, documented, list(static_files))
    return Job(endpoints, static_files, openapi, read_metrics)


def _list_functions(entrypoint: Any) -> Dict[str, Callable[..., Any]]:
    functions: Dict[str, Callable[..., Any]] = {}
    if hasattr(entrypoint, 'perform'):
        functions['/perform'] = entrypoint.perform
    if hasattr(entrypoint, 'auxiliary_endpoints'):
        auxiliary = entrypoint.auxiliary_endpoints()
        functions.update({with_slash(path): auxiliary[path] for path in sorted(auxiliary)})
    return functions
