FROM python:3.12-slim
WORKDIR /src/job

COPY --from=jobtype wrapper.py /src/wrapper/
COPY . /src/job/

{% for key, value in env_vars.items() %}
ENV {{ key }}="{{ value }}"
{% endfor %}
ENV JOB_NAME="{{ manifest.name }}"
ENV JOB_VERSION="{{ manifest.version }}"
ENV GIT_VERSION="{{ git_version }}"
ENV DEPLOYED_BY_RACETRACK_VERSION="{{ deployed_by_racetrack_version }}"

CMD ["python", "-u", "/src/wrapper/wrapper.py", "{{ manifest_jobtype_extra.get('entrypoint_path', 'job.py') }}"]
LABEL racetrack-component="job"
