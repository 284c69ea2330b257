def get_job_image(registry: str, namespace: str, name: str, tag: str, module_index: int = 0) -> str:
    """The full name of one of a job's images."""
    kind = 'job-entrypoint' if module_index == 0 else f'job-{module_index}'
    return f'{registry}/{namespace}/{kind}/{name}:{tag}'
