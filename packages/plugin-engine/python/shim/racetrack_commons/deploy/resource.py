def job_resource_name(job_name: str, job_version: str) -> str:
    """The name of a job where it runs."""
    return f'job-{job_name}-v-{job_version}'.replace('.', '-')
