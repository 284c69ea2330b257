"""Advice for a package that the job imports and does not have."""

from __future__ import annotations

import importlib.util
import os
from itertools import islice

#: What is imported and what is installed differ in name.
PACKAGE_NAMES = {'sklearn': 'scikit-learn', 'cv2': 'opencv-python', 'PIL': 'pillow', 'yaml': 'pyyaml'}
#: A job of more folders than this is not looked through to its end.
MAX_FOLDERS = 1000


def advise_on(error: BaseException, requirements_path: str) -> str:
    """What to do about a module that was not found; empty when it is not a package that could be installed."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ''
    name = error.name.partition('.')[0]
    if _is_there(name) or _is_own(name):
        return ''
    package = PACKAGE_NAMES.get(name, name)
    if requirements_path:
        return f'{requirements_path} does not name the package {package}: write it there'
    return f'write the package {package} into requirements.txt, and name that file in jobtype_extra.requirements_path'


def _is_there(name: str) -> bool:
    """Whether the package was found, and only a part of it was not."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _is_own(name: str) -> bool:
    """Whether the job's folder has such a module, perhaps where it is not looked for."""
    folders = islice(os.walk(os.getcwd()), MAX_FOLDERS)
    return any(name in inner or f'{name}.py' in files for _, inner, files in folders)
