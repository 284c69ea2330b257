"""Keeps the wrapper's own packages out of the job's sight.

The HTTP server lives in a private folder. It is imported from there first, then its folder and its modules disappear
from the import system: a job that requires another version of the same package imports its own.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import Dict, Iterator

#: Hidden modules, kept alive for the code that holds only parts of them.
_hidden: Dict[str, ModuleType] = {}


@contextlib.contextmanager
def private_imports(folder: str) -> Iterator[None]:
    """Inside, modules of the folder can be imported before all others; afterwards nobody can see them.

    Without the folder nothing is hidden: the packages are installed in the usual place.
    """
    if not os.path.isdir(folder):
        yield
        return
    path = list(sys.path)
    sys.path[:] = [folder, *filter(_is_standard_library, path)]
    try:
        yield
    finally:
        sys.path[:] = path
        _hide_modules(os.path.join(folder, ''))


def import_bare_package(name: str) -> ModuleType:
    """Makes the modules of a package importable without running its `__init__`, which may load far more than is needed."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f'No module named {name!r}', name=name)
    package = sys.modules[name] = importlib.util.module_from_spec(spec)
    return package


def import_private(folder: str, name: str) -> ModuleType:
    """A module of the folder at any later time, under a name that nobody else asks for: threads of the job import, too.

    Its package may refer to modules of its own only relatively. Without the folder the usual place is looked at.
    """
    package, _, rest = name.partition('.')
    location = os.path.join(folder, package)
    if not os.path.isdir(location):
        return importlib.import_module(name)
    alias = f'{__package__}.vendor_{package}'
    if alias not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            alias, os.path.join(location, '__init__.py'), submodule_search_locations=[location]
        )
        assert spec is not None and spec.loader is not None
        module = sys.modules[alias] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return importlib.import_module(f'{alias}.{rest}')


def _hide_modules(folder: str) -> None:
    for name, module in list(sys.modules.items()):
        if (getattr(module, '__file__', None) or '').startswith(folder):
            _hidden[name] = sys.modules.pop(name)


def _is_standard_library(entry: str) -> bool:
    name = os.path.basename(entry)
    return entry == os.path.dirname(os.__file__) or name == 'lib-dynload' or name.endswith('.zip')
