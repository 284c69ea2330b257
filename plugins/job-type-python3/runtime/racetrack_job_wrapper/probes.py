"""The state of a job as probes see it."""

from __future__ import annotations

from typing import Any, Dict, Optional

from racetrack_job_wrapper.responses import Response, json_response
from racetrack_job_wrapper.settings import Settings


class Probes:
    """Starts as initialising; becomes ready or failed, once and for good."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self.is_ready = False
        #: Why the job could not be initialised.
        self.error: Optional[str] = None

    def become_ready(self) -> None:
        self.is_ready = True

    def become_failed(self, error: str) -> None:
        self.error = error

    def live(self) -> Response:
        body: Dict[str, Any] = {
            'live': self.error is None,
            'deployment_timestamp': self._settings.deployment_timestamp,
        }
        if self.error is None:
            return json_response(body)
        return json_response({**body, 'error': self.error}, 500)

    def ready(self) -> Response:
        return json_response({'ready': self.is_ready}, self._status())

    def health(self) -> Response:
        settings = self._settings
        body = {
            'service': 'job',
            'job_name': settings.job_name,
            'live': self.error is None,
            'ready': self.is_ready,
            'status': 'pass' if self.is_ready else 'fail',
            'error': self.error,
            'job_version': settings.job_version,
            'git_version': settings.git_version,
            'deployed_by_racetrack_version': settings.deployed_by_racetrack_version,
            'deployment_timestamp': settings.deployment_timestamp,
            'job_type_version': settings.job_type_version,
        }
        return json_response(body, self._status())

    def _status(self) -> int:
        return 200 if self.is_ready else 500
