"""Keeps the wrapper's own packages out of the job's sight.

The HTTP server lives in a private folder. It is imported from there first, then its folder and its modules disappear
from the import system: a job that requires another version of the same package imports its own.
"""

from __future__ import annotations

import contextlib
import os
import sys
from types import ModuleType
from typing import Dict, Iterator

#: Hidden modules, kept alive for the code that holds only parts of them.
_hidden: Dict[str, ModuleType] = {}


@contextlib.contextmanager
def private_imports(folder: str) -> Iterator[None]:
    """Inside, modules of the folder can be imported before all others; afterwards nobody can see them."""
    path = list(sys.path)
    sys.path[:] = [folder, *filter(_is_standard_library, path)]
    try:
        yield
    finally:
        sys.path[:] = path
        _hide_modules(os.path.join(folder, ''))


def _hide_modules(folder: str) -> None:
    for name, module in list(sys.modules.items()):
        if (getattr(module, '__file__', None) or '').startswith(folder):
            _hidden[name] = sys.modules.pop(name)


def _is_standard_library(entry: str) -> bool:
    name = os.path.basename(entry)
    return entry == os.path.dirname(os.__file__) or name == 'lib-dynload' or name.endswith('.zip')
