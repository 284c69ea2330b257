"""Finds the job's class in its source file and makes its only instance."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any

from racetrack_job_wrapper.context import request_context, request_extra

#: Name under which the job's file is imported; pickled objects refer to it.
MODULE_NAME = 'racetrack_job'


def load_entrypoint(path: str, class_name: str) -> Any:
    """Imports the file and instantiates its class.

    `class_name` may be empty: then the file must define exactly one class. Raises whatever the job's code raises.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f'{path} file not found')
    entrypoint_class = find_class(import_file(path), class_name)
    instance = entrypoint_class()
    for name, variable in (('request_context', request_context), ('request_extra', request_extra)):
        try:
            setattr(instance, name, variable)
        except AttributeError:
            pass  # a class with __slots__ has no room for them
    return instance


def import_file(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE_NAME, os.path.abspath(path))
    if spec is None or spec.loader is None:
        raise ImportError(f'{path} is not a Python file')
    module = importlib.util.module_from_spec(spec)
    # Known before it runs, as with any import: dataclasses and pickle look their module up.
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


def find_class(module: ModuleType, class_name: str) -> type:
    if class_name:
        found = getattr(module, class_name, None)
        if not isinstance(found, type):
            raise NameError(f'class name {class_name} was not found')
        return found
    defined = [
        member for member in vars(module).values() if isinstance(member, type) and member.__module__ == MODULE_NAME
    ]
    unique = list(dict.fromkeys(defined))
    if not unique:
        raise NameError('no class has been found in module')
    if len(unique) > 1:
        names = ', '.join(kind.__name__ for kind in unique)
        raise NameError(
            f'multiple classes found in a module, the name should be set explicitly. Found: {names}; '
            'set entrypoint_class'
        )
    return unique[0]
