"""Needs ``pydantic`` and ``PyYAML`` among the plugin's own requirements, where the functions do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar('T')


def convert_to_json(model: Any) -> str:
    """JSON without the fields that are ``None``."""
    return json.dumps(_plain(model))


def parse_dict_datamodel(obj_dict: dict, clazz: type[T]) -> T:
    return clazz(**obj_dict)


def parse_yaml_file_datamodel(path: Path, clazz: type[T]) -> T:
    """An empty file counts as an empty object."""
    import yaml

    return parse_dict_datamodel(yaml.safe_load(Path(path).read_text()) or {}, clazz)


def _plain(value: Any) -> Any:
    if hasattr(value, 'model_dump'):
        value = value.model_dump()
    elif not isinstance(value, (dict, list, tuple, str, int, float, bool, type(None))):
        value = vars(value) if hasattr(value, '__dict__') else str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
