from __future__ import annotations


class Plugin:
    """Hears of what happens to jobs of every type. The platform sets plugin_manifest, plugin_dir and config_path."""

    def job_runtime_env_vars(self) -> dict[str, str]:
        """
        Variables that every job gets when it is launched
        """
        return {'GREETING': 'hello'}

    def post_job_deploy(self, manifest, job, image_name: str, deployer_username: str | None = None) -> None:
        """After a job has become ready"""
        print(f'{deployer_username} deployed {job.name} {job.version}')

    def post_job_delete(self, job, username_executor: str | None = None) -> None:
        """After a job was deleted, or has left a target by a move"""
        print(f'{username_executor} deleted {job.name} {job.version}')

    def run_action(self, **parameters) -> dict:
        """For `racetrack plugin run __plugin__ KEY=VALUE`: tells what it was given, and how long its configuration is"""
        config = self.config_path.read_text() if self.config_path.exists() else ''
        return {'received': parameters, 'config_length': len(config)}

    def markdown_docs(self) -> str:
        """What the dashboard shows about this plugin"""
        return '# __plugin__\n\nWrites to the log which jobs come and go.\n'
