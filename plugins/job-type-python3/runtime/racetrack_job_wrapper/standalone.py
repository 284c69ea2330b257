"""Serves a class or an object of a program of one's own: `serve_job_class(JobEntrypoint)`.

For jobs that bring their own Dockerfile, and for trying things out. Both functions listen on port 7000 of all
interfaces and return when the program is told to stop.
"""

from __future__ import annotations

from typing import Any, Callable, Type

from racetrack_job_wrapper.cli import VENDOR_DIR, parse_options
from racetrack_job_wrapper.entrypoint import with_context
from racetrack_job_wrapper.vendoring import private_imports

__all__ = ['serve_job_class', 'serve_job_instance']


def serve_job_class(entrypoint_class: Type[Any]) -> None:
    """Answers probes at once and constructs the class meanwhile."""
    _serve(lambda: with_context(entrypoint_class()))


def serve_job_instance(entrypoint: Any) -> None:
    """Serves an object that is complete."""
    _serve(lambda: with_context(entrypoint))


def _serve(load: Callable[[], Any]) -> None:
    with private_imports(VENDOR_DIR):
        from racetrack_job_wrapper.run import run_job
    run_job(parse_options(['run']), load)
