"""Wires everything together and runs a job until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import threading
from typing import Optional

from racetrack_job_wrapper.app import JobApp
from racetrack_job_wrapper.calls import CallRunner
from racetrack_job_wrapper.coroutines import UserLoop
from racetrack_job_wrapper.docs_page import DocsPage
from racetrack_job_wrapper.entrypoint import load_entrypoint
from racetrack_job_wrapper.errors import describe
from racetrack_job_wrapper.job import build_job
from racetrack_job_wrapper.limiter import ConcurrencyLimiter
from racetrack_job_wrapper.listening import listen_tcp, listen_unix
from racetrack_job_wrapper.logs import configure_logging, logger
from racetrack_job_wrapper.metrics import JobMetrics
from racetrack_job_wrapper.pool import WorkerPool
from racetrack_job_wrapper.probes import Probes
from racetrack_job_wrapper.routes import Routes
from racetrack_job_wrapper.server import JobServer, new_event_loop
from racetrack_job_wrapper.settings import Settings, read_settings

#: How long the job's own `atexit` functions and threads may take once all calls have ended.
EXIT_SECONDS = 5.0


def run_job(options: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT; a job that cannot be initialised stays up and says why."""
    settings = read_settings()
    listener = listen_unix(options.uds) if options.uds else listen_tcp(options.host, options.port)
    loop = new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_serve(options, settings, listener))
    with contextlib.suppress(OSError):  # whoever stopped us may have cleaned up, or keeps the directory to itself
        os.unlink(options.uds)
    _exit_soon()
    return 0


async def _serve(options: argparse.Namespace, settings: Settings, listener) -> None:
    loop = asyncio.get_running_loop()
    access_log = configure_logging(settings)
    metrics = JobMetrics()
    pool = WorkerPool(loop)
    probes = Probes(settings)
    docs = DocsPage(settings.job_name, options.swagger_dir)
    routes = Routes(settings, probes, docs, metrics, pool, options.home_page)
    runner = CallRunner(pool, UserLoop(loop), metrics, _create_limiter(options))
    app = JobApp(routes, runner, metrics, access_log)

    def initialise() -> None:
        try:
            entrypoint = load_entrypoint(options.entrypoint_path, options.entrypoint_classname)
            job = build_job(entrypoint, settings, metrics)
        except BaseException as error:  # also SystemExit: the reason must stay readable
            logger.error('job initialization failed: %s', describe(error), exc_info=error)
            loop.call_soon_threadsafe(probes.become_failed, describe(error))
            return
        loop.call_soon_threadsafe(become_ready, job)

    def become_ready(job) -> None:
        app.become_ready(job)
        probes.become_ready()
        logger.info('job %s %s is ready', settings.job_name, settings.job_version)

    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    threading.Thread(target=initialise, name='initialise', daemon=True).start()
    await JobServer(app, listener, settings.shutdown_grace_seconds).serve()


def _create_limiter(options: argparse.Namespace) -> Optional[ConcurrencyLimiter]:
    if options.max_concurrency <= 0:
        return None
    return ConcurrencyLimiter(options.max_concurrency, options.max_concurrency_queue)


def _exit_soon() -> None:
    """Lets the interpreter end in order, but not for ever: a thread of the job may never end."""
    timer = threading.Timer(EXIT_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()
