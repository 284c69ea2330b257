"""Advice for a module that the job imports and does not have: a file that was forgotten, or a package."""

from __future__ import annotations

import importlib.util
import os
from itertools import islice

#: What is imported and what is installed differ in name.
PACKAGE_NAMES = {'sklearn': 'scikit-learn', 'cv2': 'opencv-python', 'PIL': 'pillow', 'yaml': 'pyyaml'}
#: A job of more folders than this is not looked through to its end.
MAX_FOLDERS = 1000


def advise_on(error: BaseException, requirements_path: str) -> str:
    """What to do about a module that was not found; empty when it is there, and something else is wrong."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ''
    name = error.name.partition('.')[0]
    if _is_there(name) or _is_own(name):
        return ''
    package = PACKAGE_NAMES.get(name, name)
    place = f'write it into {requirements_path or "requirements.txt"}'
    if not requirements_path:
        place += ', and name that file in jobtype_extra.requirements_path'
    if package != name:
        return f'it comes with the package {package}: {place}'
    # Whoever registers a package under the name of somebody's own file hopes that it gets installed.
    return f'if {name}.py is a file of yours, commit and push it; if {name} is a package that you know, {place}'


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
