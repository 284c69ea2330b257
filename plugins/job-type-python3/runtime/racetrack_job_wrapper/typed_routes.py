"""Finds endpoints of `auxiliary_endpoints_v2` by method and path."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Tuple

from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.typed_endpoint import TypedEndpoint

METHODS = ('GET', 'POST')
_PARAMETER = re.compile(r'\{(\w+)(:path)?\}')


class TypedRoutes:
    """The first that matches answers, in the order of the list."""

    def __init__(self, endpoints: List[TypedEndpoint]):
        self.endpoints = endpoints
        self._patterns = [(compile_path(f'/api/v1{endpoint.path}'), endpoint) for endpoint in endpoints]

    def find(self, method: str, path: str) -> Optional[Tuple[TypedEndpoint, Dict[str, str]]]:
        wanted = 'GET' if method == 'HEAD' else method
        for pattern, endpoint in self._patterns:
            match = pattern.fullmatch(path) if endpoint.method == wanted else None
            if match is not None:
                return endpoint, match.groupdict()
        return None

    def list_methods(self, path: str) -> str:
        methods = {endpoint.method for pattern, endpoint in self._patterns if pattern.fullmatch(path)}
        return ', '.join('GET, HEAD' if method == 'GET' else method for method in sorted(methods))


def list_typed_routes(entrypoint: Any, metrics: JobMetrics) -> Optional[TypedRoutes]:
    """What the entrypoint offers; `None` when it has no method `auxiliary_endpoints_v2`."""
    if not hasattr(entrypoint, 'auxiliary_endpoints_v2'):
        return None
    endpoints = []
    for config in entrypoint.auxiliary_endpoints_v2():
        path = config.path if config.path.startswith('/') else f'/{config.path}'
        method = str(getattr(config.method, 'value', config.method)).upper()
        if method not in METHODS:
            logger.error('method %s chosen for path %s is not supported', method, path)
            continue
        names = [name for name, _ in _PARAMETER.findall(path)]
        endpoints.append(TypedEndpoint(config, method, path, metrics.endpoint(path), names))
    return TypedRoutes(endpoints)


def compile_path(path: str) -> 're.Pattern[str]':
    """`/items/{id}` as a pattern; `{name:path}` may hold slashes."""
    parts, end = [], 0
    for match in _PARAMETER.finditer(path):
        inner = '.*' if match[2] else '[^/]+'
        parts += [re.escape(path[end : match.start()]), f'(?P<{match[1]}>{inner})']
        end = match.end()
    return re.compile(''.join([*parts, re.escape(path[end:])]))
