from __future__ import annotations

from pathlib import Path


class Plugin:
    """Brings the job type golang, in the version of the plugin."""

    def job_types(self) -> dict[str, tuple[Path, Path]]:
        version = self.plugin_manifest.version
        base = self.plugin_dir / 'base.Dockerfile'
        template = self.plugin_dir / 'job-template.Dockerfile'
        return {f'golang:{version}': (base, template)}
