"""The formats in which plugins have published their job types, from 1.0 to today, brought into one."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath
from typing import Any

from .errors import HostError, describe

_VERSION = re.compile(r'\d+\.\d+\.\d+(-[\w.-]+)?', re.ASCII)
_NAME = re.compile(r'[^:\s]+')


def read_job_types(published: Any, plugin_dir: str, plugin_version: str) -> tuple[list[dict], list[str]]:
    """Reads what the hook ``job_types`` (or its older name) answered.

    Returns the job types as ``describe`` of the protocol has them, and a sentence for each entry that is left out: one
    bad entry takes nothing from the others.
    """
    if not published:
        return [], []
    if not isinstance(published, dict):
        return [], [f'job_types: a dictionary is expected, not {type(published).__name__}']
    job_types, problems = [], []
    for key, value in published.items():
        try:
            name, version = _split_key(key, plugin_version)
            images = _read_images(value, plugin_dir)
            job_types.append({'name': name, 'version': version, 'isNative': False, 'images': images})
        except HostError as error:
            problems.append(f'job type {key!r}: {describe(error)}')
    return job_types, problems


def _split_key(key: Any, plugin_version: str) -> tuple[str, str]:
    if not isinstance(key, str):
        raise _invalid(f'its key is {type(key).__name__}, not a string')
    # Before 2.4 keys had no version: it was the plugin's.
    name, _, version = key.partition(':')
    version = version if ':' in key else plugin_version
    if not _NAME.fullmatch(name):
        raise _invalid('its name is empty or holds a space', 'Publish it as "name:version".')
    if not _VERSION.fullmatch(version):
        raise _invalid(f'its version "{version}" is not of the form X.Y.Z[-label]', 'Publish it as "name:version".')
    return name, version


def _read_images(value: Any, plugin_dir: str) -> list[dict]:
    if isinstance(value, dict):
        images = value.get('images')
        if not isinstance(images, (list, tuple)):
            raise _invalid('"images" has to be a list')
        parts = list(images)
    elif isinstance(value, list):
        parts = value
    else:
        parts = [value]
    if not parts:
        raise _invalid('it has no image')
    return [_read_image(part, plugin_dir) for part in parts]


def _read_image(part: Any, plugin_dir: str) -> dict:
    if part is None:
        return _own_dockerfile()
    if isinstance(part, (str, PurePath)):
        return _image(_inside(part, plugin_dir))
    if isinstance(part, tuple):
        if len(part) != 2:
            raise _invalid(f'a tuple of {len(part)} where (base, template) is expected')
        base, template = part
        if base is None and template is None:
            return _own_dockerfile()
        if template is None:
            raise _invalid('a base image without a template')
        image = _image(_inside(template, plugin_dir))
        if isinstance(base, str) and not os.path.isfile(os.path.join(plugin_dir, base)):
            # Before 2.4 it was the name of an image that the plugin's authors had pushed.
            raise _invalid(
                f'its base image "{base}" is a name in a registry, as before Racetrack 2.4',
                'Install a newer version of the plugin.',
            )
        if base is not None:
            image['baseDockerfilePath'] = _inside(base, plugin_dir)
        return image
    if isinstance(part, dict):
        return _read_definition(part, plugin_dir)
    raise _invalid(f'an image is described by {type(part).__name__}')


def _read_definition(definition: dict, plugin_dir: str) -> dict:
    source = definition.get('source', 'jobtype')
    if source not in ('jobtype', 'job'):
        raise _invalid("'source' can be either 'jobtype' or 'job'")
    path = definition.get('dockerfile_path')
    if not isinstance(path, (str, PurePath)):
        raise _invalid("'dockerfile_path' is missing")
    template = definition.get('template', True)
    if not isinstance(template, bool):
        raise _invalid("'template' can be either true or false")
    inside = _inside(path, plugin_dir) if source == 'jobtype' else _relative(str(path))
    return {**_image(inside), 'source': source, 'template': template}


def _own_dockerfile() -> dict:
    """The job's own Dockerfile, as it is: what such plugins meant in their time."""
    return {**_image('Dockerfile'), 'source': 'job', 'template': False}


def _image(path: str) -> dict:
    return {'source': 'jobtype', 'dockerfilePath': path, 'template': True, 'baseDockerfilePath': None}


def _inside(path: Any, plugin_dir: str) -> str:
    """The path relative to the plugin's folder, out of which none may lead."""
    if not isinstance(path, (str, PurePath)):
        raise _invalid(f'a path is expected, not {type(path).__name__}')
    folder = os.path.realpath(plugin_dir)
    full = os.path.realpath(os.path.join(folder, str(path)))
    if not full.startswith(folder + os.sep):
        raise _invalid(f'"{path}" leads out of the plugin')
    if not Path(full).is_file():
        raise HostError(
            'PLUGIN_FAILED', f'"{path}" is not in the plugin', 'See what was bundled: racetrack plugin validate.'
        )
    return os.path.relpath(full, folder)


def _relative(path: str) -> str:
    normal = os.path.normpath(path)
    if os.path.isabs(normal) or normal.split(os.sep)[0] == '..':
        raise _invalid(f'"{path}" leads out of the job')
    return normal


def _invalid(message: str, hint: str | None = None) -> HostError:
    return HostError('PLUGIN_FAILED', message, hint or 'docs/reference/plugin-protocol.md lists the formats.')
