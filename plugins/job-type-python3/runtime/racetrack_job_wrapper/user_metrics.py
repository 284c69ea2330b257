"""Gauges that the job itself answers from its method `metrics`."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Tuple

from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.metrics import render_metric

_NAME = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*')
_LABEL = re.compile(r'[a-zA-Z_][a-zA-Z0-9_]*')


def render_user_metrics(rows: Iterable[Dict[str, Any]]) -> str:
    """Renders the rows; one that is malformed is logged and left out, one whose value is null says nothing."""
    gauges: Dict[str, Tuple[str, List[Tuple[str, Dict[str, str], float]]]] = {}
    for row in rows:
        try:
            name, value = row['name'], row['value']
            if value is None:
                continue
            sample = (_checked(_NAME, name), _labels(row), float(value))
        except (KeyError, TypeError, ValueError) as error:
            logger.error('metric of the job left out: %r: %s', row, error)
            continue
        gauges.setdefault(name, (str(row.get('description') or ''), []))[1].append(sample)
    return ''.join(render_metric(name, 'gauge', text, samples) for name, (text, samples) in gauges.items())


def _labels(row: Dict[str, Any]) -> Dict[str, str]:
    return {_checked(_LABEL, name): str(value) for name, value in (row.get('labels') or {}).items()}


def _checked(pattern: 're.Pattern[str]', name: Any) -> str:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        raise ValueError(f'{name!r} is not a name that Prometheus takes')
    return name
