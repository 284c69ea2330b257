"""Loads a plugin's ``plugin.py`` as Racetrack 2.36 does."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from pathlib import Path
from typing import Any

from .errors import HostError
from .records import PluginManifest

_ENTRY = 'plugin.py'


def load_plugin(plugin_dir: str, manifest: dict[str, Any], config_path: str) -> Any:
    """Executes ``plugin.py`` with its folder as working directory and on the import path, and makes one ``Plugin``.

    The three attributes are on the class before it is instantiated: its constructor may read them. Whatever the plugin
    raises, ``SystemExit`` included, comes out as it is.
    """
    _pretend_component('lifecycle')
    entry = os.path.join(plugin_dir, _ENTRY)
    if not os.path.isfile(entry):
        raise HostError('PLUGIN_FAILED', f'there is no {_ENTRY} in the plugin')
    # This process is the plugin's alone, so folder and path may stay: later imports inside of hooks work as well.
    os.chdir(plugin_dir)
    sys.path.append(plugin_dir)
    spec = importlib.util.spec_from_file_location('racetrack_plugin', entry)
    if spec is None or spec.loader is None:
        raise HostError('PLUGIN_FAILED', f'{_ENTRY} cannot be imported')
    module = importlib.util.module_from_spec(spec)
    # Where dataclasses and pydantic look for a class's annotations.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    plugin_class = getattr(module, 'Plugin', None)
    if not isinstance(plugin_class, type):
        raise HostError('PLUGIN_FAILED', 'class name Plugin was not found', f'Define "class Plugin:" in {_ENTRY}.')
    attributes = {
        'plugin_manifest': PluginManifest(manifest),
        'plugin_dir': Path(plugin_dir),
        'config_path': Path(config_path),
    }
    for name, value in attributes.items():
        setattr(plugin_class, name, value)
    plugin = plugin_class()
    for name, value in attributes.items():
        setattr(plugin, name, value)
    return plugin


def _pretend_component(name: str) -> None:
    """Public plugins look in ``sys.modules`` for the process that they are in."""
    sys.modules.setdefault(name, types.ModuleType(name))
