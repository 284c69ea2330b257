"""Says in one sentence why pip could not install a job's requirements, from the lines that it printed."""

from __future__ import annotations

import re
from typing import List, Optional

_DEPENDS = re.compile(r'^\s*(\S+) (\S+) depends on (.+?)\s*$')
_REQUESTED = re.compile(r'^\s*The user requested (.+?)\s*$')
_CONSTRAINED = re.compile(r'^\s*The user requested \(constraint\) (.+?)\s*$')
_NO_MATCH = re.compile(r'No matching distribution found for (.+?)\s*$')


def explain(lines: List[str], requirements: str) -> Optional[str]:
    """`None` for failures that pip's own words explain well enough."""
    return _explain_conflict(lines, requirements) or _explain_missing(lines)


def _explain_conflict(lines: List[str], requirements: str) -> Optional[str]:
    """Pip lists who wants what below this heading (its resolver's report)."""
    starts = [index for index, line in enumerate(lines) if line.strip() == 'The conflict is caused by:']
    if not starts:
        return None
    wishes: List[str] = []
    for line in lines[starts[-1] + 1 :]:
        wish = _read_wish(line, requirements)
        if wish is None:
            break
        wishes.append(wish)
    if not wishes:
        return None
    return f'Requirements contradict each other: {", but ".join(dict.fromkeys(wishes))}. Change one of them.'


def _read_wish(line: str, requirements: str) -> Optional[str]:
    constrained, requested, depends = (pattern.match(line) for pattern in (_CONSTRAINED, _REQUESTED, _DEPENDS))
    if constrained is not None:
        return f'a constraints file says {constrained.group(1)}'
    if requested is not None:
        return f'{requirements} asks for {requested.group(1)}'
    return None if depends is None else f'{depends.group(1)} {depends.group(2)} needs {depends.group(3)}'


def _explain_missing(lines: List[str]) -> Optional[str]:
    for line in reversed(lines):
        match = _NO_MATCH.search(line)
        if match is not None:
            return (
                f'There is no {match.group(1)} for this Python and platform: check name and version, '
                'or choose another python_version.'
            )
    return None
