"""What hooks are handed: JSON objects with attribute access, as plugins of Racetrack 2.36 expect them."""

from __future__ import annotations

from typing import Any


class Record:
    """A JSON object whose fields are attributes. A field that was not sent is ``None``, as unset fields are."""

    def __init__(self, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, _wrap(value))

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)
        return None

    def __repr__(self) -> str:
        return f'{type(self).__name__}({", ".join(f"{k}={v!r}" for k, v in vars(self).items())})'


class Manifest(Record):
    """A job's manifest."""

    # These hold what the author wrote: dictionaries stay dictionaries.
    _PLAIN = (
        'build_env',
        'golang',
        'jobtype_extra',
        'labels',
        'origin_dict_',
        'python',
        'runtime_env',
        'wrapper_properties',
    )

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__({name: value for name, value in fields.items() if name not in self._PLAIN})
        for name in self._PLAIN:
            setattr(self, name, fields.get(name))

    def get_jobtype(self) -> str:
        return self.jobtype or self.lang

    def get_jobtype_extra(self) -> dict:
        for name in ('jobtype_extra', 'golang', 'python', 'wrapper_properties'):
            value = getattr(self, name)
            if value is not None:
                return value
        return {}


class JobDto(Record):
    """A job as the platform knows it."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__({name: value for name, value in fields.items() if name != 'manifest'})
        manifest = fields.get('manifest')
        self.manifest = Manifest(manifest) if isinstance(manifest, dict) else None

    def __str__(self) -> str:
        return f'{self.name} v{self.version}'


class PluginManifest(Record):
    """The plugin's own ``plugin-manifest.yaml``."""


def _wrap(value: Any) -> Any:
    if isinstance(value, dict):
        return Record(value)
    if isinstance(value, list):
        return [_wrap(item) for item in value]
    return value
