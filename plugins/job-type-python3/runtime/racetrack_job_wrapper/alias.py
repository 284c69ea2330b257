"""The name `job_wrapper`, under which older jobs import this package: `from job_wrapper.call import call_job`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from importlib.abc import Loader
else:  # its module takes a tenth of a start to load, and the import system does not ask for it
    Loader = object

OLD_NAME = 'job_wrapper'
PACKAGE = 'racetrack_job_wrapper'


class AliasFinder(Loader):
    """Finds modules of the package under its older name; the module objects are the same."""

    def find_spec(self, fullname: str, _path: Any = None, _target: Any = None) -> Optional[ModuleSpec]:
        if fullname == OLD_NAME:  # a package of the job's own comes first
            return None if PathFinder.find_spec(fullname) is not None else ModuleSpec(fullname, self)
        if not fullname.startswith(f'{OLD_NAME}.') or sys.modules.get(OLD_NAME) is not sys.modules.get(PACKAGE):
            return None
        real = PACKAGE + fullname[len(OLD_NAME) :]
        return ModuleSpec(fullname, self) if importlib.util.find_spec(real) is not None else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(PACKAGE + spec.name[len(OLD_NAME) :])
        _real_specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It ran long ago; the import system has just put the alias's own description into it.
        if module.__spec__ is not None:
            module.__spec__ = _real_specs.pop(module.__spec__.name)


_real_specs: Any = {}


def install_alias() -> None:
    """Before all other finders, which would load modules of the package a second time under the older name."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())
