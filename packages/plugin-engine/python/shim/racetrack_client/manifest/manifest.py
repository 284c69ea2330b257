from racetrack_plugin_host.records import Manifest, Record


class ResourcesManifest(Record):
    """What a job asks for; every field may be ``None``."""


__all__ = ['Manifest', 'ResourcesManifest']
