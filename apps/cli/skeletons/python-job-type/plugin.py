from __future__ import annotations


class Plugin:
    """Brings the job type __short__. The platform sets plugin_manifest, plugin_dir and config_path."""

    def job_types(self) -> dict[str, dict]:
        """
        Job types of this plugin
        :return dict of job type name (with version) -> definition of its images
        """
        return {
            f'__short__:{self.plugin_manifest.version}': {
                'images': [
                    {
                        'source': 'jobtype',
                        'dockerfile_path': 'job-template.Dockerfile',
                        'template': True,
                    },
                ],
            },
        }

    def validate_job_manifest(self, manifest, job_type: str) -> None:
        """Refuse a job before it is built, by raising an error that says what to change"""
        entrypoint = manifest.get_jobtype_extra().get('entrypoint_path', 'job.py')
        if not isinstance(entrypoint, str) or not entrypoint.endswith('.py'):
            raise ValueError('jobtype_extra.entrypoint_path has to be the path of a Python file of the job, such as job.py')

    def markdown_docs(self) -> str:
        """What the dashboard shows about this plugin"""
        return '# __short__\n\nA job is a Python file with a function `perform`.\n'
