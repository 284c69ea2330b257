"""Metrics of the process and of Python itself, under the names that dashboards expect."""

from __future__ import annotations

import gc
import os
import platform
import resource

from racetrack_job_wrapper.metrics import render_metric

_PAGE_SIZE = resource.getpagesize()


def render_process_metrics() -> str:
    return ''.join([*_python(), *_garbage_collector(), *_process()])


def _process() -> list[str]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    parts = [
        _one('process_cpu_seconds_total', 'counter', 'Processor time used', usage.ru_utime + usage.ru_stime),
        _one('process_max_fds', 'gauge', 'Most files it may open', resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    ]
    try:
        with open('/proc/self/stat', encoding='latin-1') as stat, open('/proc/stat', encoding='latin-1') as system:
            fields = stat.read().rpartition(')')[2].split()
            booted = next(int(line.split()[1]) for line in system if line.startswith('btime'))
        started = booted + int(fields[19]) / os.sysconf('SC_CLK_TCK')
        parts += [
            _one('process_virtual_memory_bytes', 'gauge', 'Virtual memory', int(fields[20])),
            _one('process_resident_memory_bytes', 'gauge', 'Resident memory', int(fields[21]) * _PAGE_SIZE),
            _one('process_start_time_seconds', 'gauge', 'Unix time of its start', started),
            _one('process_open_fds', 'gauge', 'Open files', len(os.listdir('/proc/self/fd'))),
        ]
    except (OSError, ValueError, IndexError, StopIteration):
        pass  # not Linux, or /proc is hidden: the rest is still worth showing
    return parts


def _garbage_collector() -> list[str]:
    generations = gc.get_stats()
    return [
        render_metric(
            name,
            'counter',
            description,
            [(name, {'generation': str(number)}, stats[key]) for number, stats in enumerate(generations)],
        )
        for name, key, description in (
            ('python_gc_objects_collected_total', 'collected', 'Objects collected'),
            ('python_gc_objects_uncollectable_total', 'uncollectable', 'Objects that could not be collected'),
            ('python_gc_collections_total', 'collections', 'Times a generation was collected'),
        )
    ]


def _python() -> list[str]:
    major, minor, patch = platform.python_version_tuple()
    labels = {
        'implementation': platform.python_implementation(),
        'major': major,
        'minor': minor,
        'patchlevel': patch,
        'version': platform.python_version(),
    }
    return [render_metric('python_info', 'gauge', 'Version of Python', [('python_info', labels, 1)])]


def _one(name: str, kind: str, description: str, value: float) -> str:
    return render_metric(name, kind, description, [(name, {}, value)])
