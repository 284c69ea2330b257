"""A small registry of Prometheus metrics. All of it lives on the event loop, so it needs no locks."""

from __future__ import annotations

from bisect import bisect_left
from typing import Callable, Dict, Iterable, List, Mapping, Optional, Tuple

#: Seconds, as users' dashboards know them.
DURATION_BUCKETS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0),
)

Sample = Tuple[str, Mapping[str, str], float]


class Value:
    """A counter or a gauge."""

    __slots__ = ('value',)

    def __init__(self) -> None:
        self.value = 0.0

    def samples(self, name: str, labels: Mapping[str, str]) -> Iterable[Sample]:
        yield name, labels, self.value


class Histogram:
    __slots__ = ('_counts', '_sum')

    def __init__(self) -> None:
        self._counts = [0] * (len(DURATION_BUCKETS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(DURATION_BUCKETS, seconds)] += 1
        self._sum += seconds

    def samples(self, name: str, labels: Mapping[str, str]) -> Iterable[Sample]:
        total = 0
        for bound, count in zip((*DURATION_BUCKETS, float('inf')), self._counts):
            total += count
            yield f'{name}_bucket', {**labels, 'le': format_number(bound)}, total
        yield f'{name}_count', labels, total
        yield f'{name}_sum', labels, self._sum


class EndpointMetrics:
    """What is counted for one endpoint, looked up once and not on each call."""

    def __init__(self, registry: 'JobMetrics', endpoint: str):
        labels = {'endpoint': endpoint}
        self.started = registry.value('endpoint_requests_started_total', labels)
        self.errors = registry.value('request_internal_errors_total', labels)
        self.duration = registry.histogram('request_duration', labels)


class JobMetrics:
    """The metrics that every Python job has."""

    def __init__(self) -> None:
        self._series: Dict[str, List[Tuple[Mapping[str, str], object]]] = {name: [] for name in DESCRIPTIONS}
        self._endpoints: Dict[str, EndpointMetrics] = {}
        self.requests_started = self.value('requests_started_total')
        self.requests_done = self.value('requests_done_total')
        self.last_call = self.value('last_call_timestamp')
        self.http_errors = self.value('commons_internal_server_errors_total')
        self.http_duration = self.histogram('commons_request_duration')
        self.http_started = self.value('commons_requests_started_total')
        self.http_done = self.value('commons_requests_done_total')
        self.websockets_open = self.value('websockets_open')

    def value(self, name: str, labels: Optional[Mapping[str, str]] = None) -> Value:
        return self._add(name, labels, Value())

    def histogram(self, name: str, labels: Optional[Mapping[str, str]] = None) -> Histogram:
        return self._add(name, labels, Histogram())

    def endpoint(self, path: str) -> EndpointMetrics:
        """Of one short address, whatever methods it takes."""
        if path not in self._endpoints:
            self._endpoints[path] = EndpointMetrics(self, path)
        return self._endpoints[path]

    def render(self) -> str:
        parts = []
        for name, (kind, description) in DESCRIPTIONS.items():
            samples = [
                sample
                for labels, metric in self._series[name]
                for sample in metric.samples(name, labels)  # type: ignore[attr-defined]
            ]
            parts.append(render_metric(name, kind, description, samples))
        return ''.join(parts)

    def _add(self, name: str, labels: Optional[Mapping[str, str]], metric):
        self._series[name].append((labels or {}, metric))
        return metric


#: Kind and meaning by name, in the order in which they are shown.
DESCRIPTIONS = {
    'requests_started_total': ('counter', 'Calls of the job that have begun'),
    'requests_done_total': ('counter', 'Calls of the job that have ended'),
    'endpoint_requests_started_total': ('counter', 'Calls that have begun, by endpoint'),
    'request_internal_errors_total': ('counter', 'Calls that ended with an error of any kind, by endpoint'),
    'request_duration': ('histogram', 'Seconds from the arrival of a call to its answer, waiting included'),
    'last_call_timestamp': ('gauge', 'Unix time at which the last call ended; 0 before the first'),
    'commons_internal_server_errors_total': ('counter', 'HTTP requests answered with 500'),
    'commons_request_duration': ('histogram', 'Seconds from the arrival of an HTTP request to its answer'),
    'commons_requests_started_total': ('counter', 'HTTP requests that have arrived, probes included'),
    'commons_requests_done_total': ('counter', 'HTTP requests that have been answered, probes included'),
    'websockets_open': ('gauge', 'WebSockets of the webview that are open'),
}


def render_metric(name: str, kind: str, description: str, samples: Iterable[Sample]) -> str:
    """One metric in the Prometheus text format 0.0.4."""
    # Counters are announced without their suffix's meaning changed: the format 0.0.4 uses the full name.
    lines = [f'# HELP {name} {_escape_help(description)}', f'# TYPE {name} {kind}']
    lines += [f'{sample}{_render_labels(labels)} {format_number(value)}' for sample, labels, value in samples]
    return '\n'.join(lines) + '\n'


def format_number(value: float) -> str:
    if value == float('inf'):
        return '+Inf'
    if value == float('-inf'):
        return '-Inf'
    return 'NaN' if value != value else repr(float(value))


def _render_labels(labels: Mapping[str, str]) -> str:
    pairs = ','.join(f'{name}="{_escape_label(value)}"' for name, value in labels.items())
    return f'{{{pairs}}}' if pairs else ''


def _escape_label(value: str) -> str:
    return value.replace('\\', r'\\').replace('"', r'\"').replace('\n', r'\n')


def _escape_help(text: str) -> str:
    return text.replace('\\', r'\\').replace('\n', r'\n')


#: Answers further metrics as text when asked.
Collector = Callable[[], str]
