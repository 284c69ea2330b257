"""Finds the job's class, functions or model, and makes the one object that answers calls."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from types import ModuleType
from typing import Any, List

from racetrack_job_wrapper.context import request_context, request_extra

#: Name under which the job's file is imported; pickled objects refer to it.
MODULE_NAME = 'racetrack_job'

#: What a job can offer. Some have pages only, and no `perform`; one with none of these is a mistake.
OFFERS = (
    'perform',
    'auxiliary_endpoints',
    'auxiliary_endpoints_v2',
    'static_endpoints',
    'webview_app',
    'metrics',
)
#: What else a module without a class may define.
MODULE_MEMBERS = (*OFFERS, 'docs_input_example', 'docs_input_examples')

CONTEXT_VARIABLES = (('request_context', request_context), ('request_extra', request_extra))


def load_entrypoint(path: str, class_name: str, model_path: str = '') -> Any:
    """Imports the file and instantiates its class, or takes the functions of the module itself.

    `class_name` may be empty: then the file must define one class with something to call, or such functions. Without a
    file `model_path` says which model to serve. Raises whatever the job's code raises.
    """
    if model_path:
        from racetrack_job_wrapper import sklearn  # only here: other jobs need none of it

        sklearn.configure(model_path)
        if not path:
            from racetrack_job_wrapper.model_entrypoint import ModelEntrypoint

            return with_context(ModelEntrypoint(sklearn.load_model()))
    if not os.path.isfile(path):
        raise FileNotFoundError(f'{path} file not found')
    found = find_entrypoint(import_file(path), class_name)
    return with_context(found() if isinstance(found, type) else found)


def with_context(entrypoint: Any) -> Any:
    """Gives the object its `request_context` and `request_extra`, which work during calls."""
    for name, variable in CONTEXT_VARIABLES:
        try:
            setattr(entrypoint, name, variable)
        except AttributeError:
            pass  # a class with __slots__ has no room for them
    return entrypoint


def import_file(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE_NAME, os.path.abspath(path))
    if spec is None or spec.loader is None:
        raise ImportError(f'{path} is not a Python file')
    module = importlib.util.module_from_spec(spec)
    # Known before it runs, as with any import: dataclasses and pickle look their module up.
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


class ModuleEntrypoint:
    """The functions of a module in the place of an object: `perform` and its companions."""

    def __init__(self, module: ModuleType):
        self.__doc__ = module.__doc__
        for name in MODULE_MEMBERS:
            member = getattr(module, name, None)
            if inspect.isroutine(member):
                setattr(self, name, member)
        for name, variable in CONTEXT_VARIABLES:
            if not hasattr(module, name):
                setattr(module, name, variable)


def find_entrypoint(module: ModuleType, class_name: str) -> Any:
    """A class to instantiate, or a `ModuleEntrypoint`. Classes come first."""
    classes = list_classes(module)
    if class_name:
        found = getattr(module, class_name, None)
        if not isinstance(found, type):
            raise NameError(f'class name {class_name} was not found{_list_names(classes)}')
        return found
    callable_classes = [kind for kind in classes if any(hasattr(kind, name) for name in OFFERS)]
    if len(callable_classes) == 1:
        return callable_classes[0]
    if not callable_classes and any(inspect.isroutine(getattr(module, name, None)) for name in OFFERS):
        return ModuleEntrypoint(module)
    if len(classes) == 1:
        return classes[0]
    if not classes:
        raise NameError(
            'no class has been found in module, nor a function perform; '
            'write a class with a method perform(self, ...), or a function perform(...)'
        )
    raise NameError(
        'multiple classes found in a module, the name should be set explicitly'
        f'{_list_names(callable_classes or classes)}; set entrypoint_class'
    )


def list_classes(module: ModuleType) -> List[type]:
    """Classes that the file itself defines, in its order."""
    defined = [
        member for member in vars(module).values() if isinstance(member, type) and member.__module__ == MODULE_NAME
    ]
    return list(dict.fromkeys(defined))


def _list_names(classes: List[type]) -> str:
    return f'. Found: {", ".join(kind.__name__ for kind in classes)}' if classes else ''
