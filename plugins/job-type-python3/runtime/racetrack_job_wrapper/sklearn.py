"""Loads a model of scikit-learn, or of anything that is pickled like one.

    from racetrack_job_wrapper.sklearn import load_model

    class JobEntrypoint:
        def __init__(self):
            self.model = load_model('model.joblib')

A pickle is a program: it can do whatever the job itself can do. Load models of your own only.
"""

from __future__ import annotations

import os
import pickle
import warnings
from typing import Any

from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.missing_packages import PACKAGE_NAMES

__all__ = ['load_model']

_settings = {'model_path': ''}


def configure(model_path: str) -> None:
    """Sets what `load_model()` loads: `jobtype_extra.model_path`."""
    _settings['model_path'] = model_path


def load_model(path: str = '') -> Any:
    """Loads a model from a file of the job: `.joblib` with joblib, everything else with pickle.

    :param path: relative to the job's folder; `jobtype_extra.model_path` when it is left out.
    :raises RuntimeError: with the missing package, or what else keeps the file from being loaded.
    """
    path = path or _settings['model_path']
    if not os.path.isfile(path):
        raise FileNotFoundError(f'{path} file not found: the model must be in the repository of the job')
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        model = _read(path)
    for text in dict.fromkeys(f'{each.category.__name__}: {each.message}' for each in caught):
        logger.warning('loading %s: %s', path, text)
    return model


def _read(path: str) -> Any:
    _refuse_pointer(path)
    try:
        if path.endswith('.joblib'):
            import joblib

            return joblib.load(path)
        with open(path, 'rb') as file:
            return pickle.load(file)
    except ModuleNotFoundError as error:
        name = (error.name or '').partition('.')[0]
        package = PACKAGE_NAMES.get(name, name)
        raise RuntimeError(
            f'{path} needs the package {package}, which is not installed: write it into requirements.txt, in the '
            'version that the model was made with, and name that file in jobtype_extra.requirements_path'
        ) from error
    except (pickle.UnpicklingError, EOFError, KeyError, IndexError) as error:
        raise RuntimeError(f'{path} is no model that can be loaded: {type(error).__name__}: {error}') from error
    except AttributeError as error:
        raise RuntimeError(
            f'{path} refers to something that is not there: {error}. A class of your own must be in a module of the '
            'job, imported by the script that made the model; a class of a package needs the version it was made with'
        ) from error


def _refuse_pointer(path: str) -> None:
    with open(path, 'rb') as file:
        if file.read(24).startswith(b'version https://git-lfs'):
            raise RuntimeError(f'{path} is only a pointer of Git LFS: the model itself is not in the repository')
