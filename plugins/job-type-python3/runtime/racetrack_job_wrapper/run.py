"""Wires everything together and runs a job until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import threading
from typing import Any, Callable, Optional

from racetrack_job_wrapper.alias import install_alias
from racetrack_job_wrapper.app import JobApp
from racetrack_job_wrapper.calls import CallLimits, CallRunner
from racetrack_job_wrapper.coroutines import UserLoop
from racetrack_job_wrapper.docs_page import DocsPage
from racetrack_job_wrapper.entrypoint import load_entrypoint
from racetrack_job_wrapper.errors import describe, format_trace
from racetrack_job_wrapper.job import build_job
from racetrack_job_wrapper.limiter import ConcurrencyLimiter
from racetrack_job_wrapper.listening import listen_tcp, listen_unix
from racetrack_job_wrapper.logs import configure_logging, logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.missing_packages import advise_on
from racetrack_job_wrapper.pool import WorkerPool
from racetrack_job_wrapper.probes import Probes
from racetrack_job_wrapper.routes import Routes
from racetrack_job_wrapper.runtime import JobRuntime
from racetrack_job_wrapper.server import JobServer, new_event_loop
from racetrack_job_wrapper.settings import Settings, is_true, read_settings
from racetrack_job_wrapper.uploads import read_form

#: How long the job's own `atexit` functions and threads may take once all calls have ended.
EXIT_SECONDS = 5.0


def run_job(options: argparse.Namespace, load: Optional[Callable[[], Any]] = None) -> int:
    """Serves until SIGTERM or SIGINT; a job that cannot be initialised stays up and says why.

    `load` makes the entrypoint, by default from what the options name.
    """
    settings = read_settings()
    listener = listen_unix(options.uds) if options.uds else listen_tcp(options.host, options.port)
    loop = new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_serve(options, settings, listener, load or (lambda: load_from(options))))
    with contextlib.suppress(OSError):  # whoever stopped us may have cleaned up, or keeps the directory to itself
        os.unlink(options.uds)
    _exit_soon()
    return 0


async def _serve(options: argparse.Namespace, settings: Settings, listener: Any, load: Callable[[], Any]) -> None:
    loop = asyncio.get_running_loop()
    access_log = configure_logging(settings)
    metrics = JobMetrics()
    pool = WorkerPool(loop)
    probes = Probes(settings)
    docs = DocsPage(settings.job_name, options.swagger_dir)
    routes = Routes(settings, probes, docs, metrics, pool, options.home_page)
    runtime = JobRuntime(pool, UserLoop(loop), loop)
    tracing_header = settings.tracing_header
    runner = CallRunner(pool, runtime.user_loop, metrics, _read_limits(options, settings), read_form, tracing_header)
    app = JobApp(routes, runner, metrics, access_log, tracing_header)

    def initialise() -> None:
        try:
            profiler = _start_profiler()
            job = build_job(load(), settings, metrics, runtime, profiler)
        except BaseException as error:  # also SystemExit: the reason must stay readable
            reason = describe(error, advise_on(error, options.requirements_path))
            logger.error('job initialization failed: %s', reason, extra={'trace': format_trace(error)})
            loop.call_soon_threadsafe(probes.become_failed, reason)
            return
        loop.call_soon_threadsafe(become_ready, job)

    def become_ready(job) -> None:
        app.become_ready(job)
        probes.become_ready()
        logger.info('job %s %s is ready', settings.job_name, settings.job_version)

    install_alias()
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    threading.Thread(target=initialise, name='initialise', daemon=True).start()
    await JobServer(app, listener, settings).serve()
    if app.job is not None:
        await app.job.close()


def _start_profiler() -> Any:
    if not is_true(os.environ.get('MEMRAY_PROFILER')):
        return None
    from racetrack_job_wrapper.profiler import start_profiler  # rarely needed

    return start_profiler(is_true(os.environ.get('MEMRAY_LEAKS')))


def load_from(options: argparse.Namespace) -> Any:
    return load_entrypoint(options.entrypoint_path, options.entrypoint_classname, options.model_path)


def _read_limits(options: argparse.Namespace, settings: Settings) -> CallLimits:
    concurrency, inflight = (
        number if number > 0 else None for number in (options.max_concurrency, options.max_inflight_requests)
    )
    is_limited = concurrency is not None or inflight is not None
    return CallLimits(
        ConcurrencyLimiter(concurrency, options.max_concurrency_queue, inflight) if is_limited else None,
        options.call_timeout if options.call_timeout > 0 else None,
        settings.max_body_bytes,
    )


def _exit_soon() -> None:
    """Lets the interpreter end in order, but not for ever: a thread of the job may never end."""
    timer = threading.Timer(EXIT_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()
