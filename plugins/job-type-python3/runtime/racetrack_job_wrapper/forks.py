"""Processes that the job's code forks: such a process must neither answer a call a second time nor keep its connection.

`multiprocessing` ends its children by itself. A child of a bare `os.fork()` that returns from the job's function is in
the middle of a copy of the wrapper, without its event loop: it ends there.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, Callable, Iterable

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

#: Whether this process was forked off the one that serves the job.
is_child = False

_end_process = os._exit
_duplicate = os.dup2
_is_prepared = False


def prepare(list_sockets: Callable[[], Iterable[Any]]) -> None:
    """Makes later children let go of the job's sockets and of its signal handlers.

    :param list_sockets: answers the sockets that are open at the moment of the fork.
    """
    global _is_prepared
    if _is_prepared:
        return
    _is_prepared = True

    def become_child() -> None:
        global is_child
        is_child = True
        # It must die of a signal, and not tell the parent's loop of it instead.
        signal.set_wakeup_fd(-1)
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        _let_go(list_sockets())

    os.register_at_fork(after_in_child=become_child)


def end_child() -> None:
    """Ends a child that came out of the job's code."""
    try:
        sys.stdout.flush()
    except Exception:  # nobody reads it, or the job replaced it
        pass
    _end_process(0)


def _let_go(sockets: Iterable[Any]) -> None:
    """Puts nothing in the place of each socket: objects that hold the number of its file stay harmless."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for each in sockets:
            number = each.fileno()
            if number >= 0:
                _duplicate(nothing, number)
        os.close(nothing)
    except OSError:
        pass  # no file may be opened any more: the child keeps what it has
