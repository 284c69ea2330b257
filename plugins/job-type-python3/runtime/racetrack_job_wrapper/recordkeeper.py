"""Passes the id of a record on from call to call, for a service that keeps records of what was computed from what."""

from __future__ import annotations

from typing import Any, Dict, Optional

from racetrack_job_wrapper.context import find_header, request_extra

HEADER = 'X-Recordkeeper-Predecessor-Id'
_KEY = 'recordkeeper_predecessor_id'


def remember_predecessor_id(entrypoint: Any, predecessor_id: str) -> None:
    """Keeps an id for the rest of the current call: calls to other jobs carry it from now on."""
    extra = request_extra.get(None)
    if extra is None:
        raise RuntimeError('remember_predecessor_id works during a call only')
    extra[_KEY] = predecessor_id


def read_predecessor_id(entrypoint: Any) -> Optional[str]:
    """The id that was remembered in this call, else the one that came with the request, else `None`."""
    extra = request_extra.get(None) or {}
    return extra.get(_KEY) or find_header(HEADER.encode()) or None


def set_rk_headers(headers: Dict[str, str], entrypoint: Any) -> None:
    """Adds the header to those of a request, when there is an id."""
    predecessor_id = read_predecessor_id(entrypoint)
    if predecessor_id:
        headers[HEADER] = str(predecessor_id)
