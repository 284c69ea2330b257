from enum import Enum

from racetrack_plugin_host.records import JobDto, Record


class JobStatus(Enum):
    STARTING = 'starting'
    RUNNING = 'running'
    ERROR = 'error'
    ORPHANED = 'orphaned'
    LOST = 'lost'


class JobFamilyDto(Record):
    """A family of jobs: its name and id."""


__all__ = ['JobDto', 'JobFamilyDto', 'JobStatus']
