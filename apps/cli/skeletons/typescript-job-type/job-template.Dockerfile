FROM node:24-alpine
WORKDIR /src/job

COPY --from=jobtype wrapper.mjs /src/wrapper/
COPY . /src/job/

{% for key, value in env_vars.items() %}
ENV {{ key }}="{{ value }}"
{% endfor %}
ENV JOB_NAME="{{ manifest.name }}"
ENV JOB_VERSION="{{ manifest.version }}"
ENV GIT_VERSION="{{ git_version }}"
ENV DEPLOYED_BY_RACETRACK_VERSION="{{ deployed_by_racetrack_version }}"

CMD ["node", "/src/wrapper/wrapper.mjs", "{{ manifest_jobtype_extra.get('entrypoint_path', 'job.mjs') }}", "7000"]
LABEL racetrack-component="job"
