"""The only reader of the environment: everything that the platform tells a job."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping, Optional, Union

#: Words that switch a flag on, in any case.
TRUE_WORDS = frozenset({'true', 't', 'yes', 'y', '1'})


@dataclass(frozen=True)
class Settings:
    job_name: str
    job_version: str
    #: Whole seconds; tells a new instance from the one that it replaces. `None` when nobody set it.
    deployment_timestamp: Union[int, str, None]
    git_version: Optional[str]
    deployed_by_racetrack_version: Optional[str]
    job_type_version: Optional[str]
    #: Lower case, as the server presents header names.
    tracing_header: bytes
    caller_header: bytes
    log_structured: bool
    log_caller_name: bool
    #: `DEBUG`, `INFO`, `WARNING` or `ERROR`.
    log_level: str
    #: How long calls in progress may go on after SIGTERM.
    shutdown_grace_seconds: float
    #: Longest body of a call.
    max_body_bytes: int


def read_settings(env: Mapping[str, str] = os.environ) -> Settings:
    return Settings(
        job_name=env.get('JOB_NAME') or 'JOB_NAME',
        job_version=env.get('JOB_VERSION') or 'JOB_VERSION',
        deployment_timestamp=_read_timestamp(env.get('JOB_DEPLOYMENT_TIMESTAMP')),
        git_version=env.get('GIT_VERSION'),
        deployed_by_racetrack_version=env.get('DEPLOYED_BY_RACETRACK_VERSION'),
        job_type_version=env.get('JOB_TYPE_VERSION'),
        tracing_header=_header(env.get('REQUEST_TRACING_HEADER'), 'X-Request-Tracing-Id'),
        caller_header=_header(env.get('CALLER_NAME_HEADER'), 'X-Caller-Name'),
        log_structured=is_true(env.get('LOG_STRUCTURED')),
        log_caller_name=is_true(env.get('LOG_CALLER_NAME')),
        log_level=_log_level(env.get('LOG_LEVEL')),
        shutdown_grace_seconds=_seconds(env.get('JOB_SHUTDOWN_GRACE_SECONDS'), 30.0),
        max_body_bytes=_bytes(env.get('JOB_MAX_BODY_BYTES'), 128 * 1024 * 1024),
    )


def _read_timestamp(text: Optional[str]) -> Union[int, str, None]:
    return int(text) if text and text.isascii() and text.isdigit() else text or None


def _header(name: Optional[str], default: str) -> bytes:
    return (name or default).strip().lower().encode('latin-1', 'replace')


def is_true(text: Optional[str]) -> bool:
    return (text or '').strip().lower() in TRUE_WORDS


def _log_level(text: Optional[str]) -> str:
    level = (text or 'INFO').strip().upper()
    return level if level in {'DEBUG', 'INFO', 'WARNING', 'ERROR'} else 'INFO'


def _seconds(text: Optional[str], default: float) -> float:
    try:
        return max(0.0, float(text)) if text else default
    except ValueError:
        return default


def _bytes(text: Optional[str], default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default
