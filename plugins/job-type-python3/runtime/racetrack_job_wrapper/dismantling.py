"""Frees large arguments in short steps, so that other threads, first of all the server's, have their turns.

When the last reference to a list of millions of values goes, Python frees all of them at once, all other threads
waiting: for a second and more when they are lists themselves. Here they are taken out of it a few at a time.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import Any, Dict, List, Union

#: Values that are freed at once.
STEP = 512
_CONTAINERS = frozenset((list, dict))

Container = Union[List[Any], Dict[str, Any]]


class LargeArguments(Dict[str, Any]):
    """Arguments that are worth the trouble."""


def dismantle(arguments: LargeArguments) -> None:
    """To be called in a worker thread, once the function has ended. What the job has kept of them stays as it is."""
    values = list(arguments.values())
    arguments.clear()
    _empty(values)


def _empty(container: Container) -> None:
    while container:
        members = _take(container)
        if _CONTAINERS.isdisjoint(map(type, members)):
            continue
        for index in range(len(members)):
            if _is_large(members[index]) and _count_references(members, index) == _ONLY_OURS:
                _empty(members[index])
            members[index] = None


def _take(container: Container) -> List[Any]:
    if isinstance(container, dict):
        return [container.pop(key) for key in list(islice(container, STEP))]
    members = container[-STEP:]
    del container[-STEP:]
    return members


def _is_large(value: Any) -> bool:
    """Whether it may hold more than a step's worth."""
    if type(value) not in _CONTAINERS:
        return False
    members = value.values() if type(value) is dict else value
    return len(value) > STEP or not _CONTAINERS.isdisjoint(map(type, members))


def _count_references(members: List[Any], index: int) -> int:
    return sys.getrefcount(members[index])


#: Of a member that nobody else knows; not the same number in all versions of Python.
_ONLY_OURS = _count_references([[]], 0)
