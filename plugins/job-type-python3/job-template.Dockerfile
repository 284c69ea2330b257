{#- Everything that a manifest says stands between quotes, in JSON, or behind the filter `quote`. -#}
{%- set extra = manifest_jobtype_extra -%}
{%- set python_version = extra.get('python_version') or '3.11' -%}
{%- set debian_version = extra.get('debian_version') or 'slim-bookworm' -%}
{%- set requirements_path = extra.get('requirements_path') -%}
{%- set entrypoint_path = extra.get('entrypoint_path') or '' -%}
{%- set model_path = extra.get('model_path') -%}
{%- set dependencies = manifest.system_dependencies or [] -%}
FROM python:{{ '3.10' if python_version == '3.1' else python_version }}-{{ debian_version }} AS base
LABEL racetrack-component="job"
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
{%- if extra.get('debian_backports') in [true, 'true'] %}
RUN . /etc/os-release \
  && echo "deb http://deb.debian.org/debian $VERSION_CODENAME-backports main" \
    > /etc/apt/sources.list.d/backports.list
{%- endif %}
{%- if dependencies | length > 0 %}
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -- \
  {%- for dependency in dependencies %}
    {{ dependency | quote }} \
  {%- endfor %}
  && rm -rf /var/lib/apt/lists/*
{%- endif %}
RUN useradd --system --uid 10001 --user-group --home-dir /src/job --create-home job
WORKDIR /src/job

FROM base AS build
{%- if requirements_path %}
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends build-essential git \
  && rm -rf /var/lib/apt/lists/*
{%- endif %}
RUN python -I -m venv /opt/job
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=bind,from=swagger,target=/opt/swagger \
  --mount=type=cache,target=/root/.cache/pip \
  python -I /opt/runtime/build/install_wrapper.py --environment /opt/job --pip-python /opt/job/bin/python \
    --cache-dir /root/.cache/pip --swagger-dir /opt/swagger
COPY . .
{%- for name, value in env_vars.items() %}
ENV {{ name }}="{{ value | string | replace('\\', '\\\\') | replace('"', '\\"') | replace('$', '\\$') }}"
{%- endfor %}
{%- if requirements_path %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=cache,target=/root/.cache/pip \
  --mount=type=secret,id=build_secrets,target=/run/secrets/build_secrets.env \
  /opt/job/bin/python -I /opt/runtime/build/install_requirements.py --environment /opt/job \
    --pip-python /opt/job/bin/python --cache-dir /root/.cache/pip --secrets /run/secrets/build_secrets.env \
    {% if extra.get('check_requirements') not in [false, 'false'] %}--check {% endif -%}
    --requirements={{ requirements_path | quote }}
{%- endif %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  /opt/job/bin/python -I /opt/runtime/build/check_source.py{% if entrypoint_path %} {{ entrypoint_path | quote }}{% endif %}

FROM base
COPY --from=build /opt/job /opt/job
COPY --from=build --chown=10001:10001 /src/job /src/job
ENV JOB_NAME="{{ manifest.name }}" \
  JOB_VERSION="{{ manifest.version }}" \
  GIT_VERSION="{{ git_version }}" \
  DEPLOYED_BY_RACETRACK_VERSION="{{ deployed_by_racetrack_version }}" \
  JOB_TYPE_VERSION="{{ job_type_version }}"
{%- if extra.get('memray_profiler') in [true, 'true'] %}
ENV MEMRAY_PROFILER=true
{%- endif %}
USER 10001
EXPOSE 7000
STOPSIGNAL SIGTERM
CMD ["/opt/job/bin/python", "-u", "/opt/job/wrapper/run_job.py", "run", "--port=7000"
{%- for name in ['home_page', 'max_concurrency', 'max_concurrency_queue', 'max_inflight_requests', 'call_timeout'] -%}
  {%- set value = extra.get(name) -%}
  {%- if value is not none and value != '' %}, {{ ('--' ~ name.replace('_', '-') ~ '=' ~ value) | tojson }}{% endif -%}
{%- endfor -%}
{%- if model_path %}, {{ ('--model-path=' ~ model_path) | tojson }}{% endif -%}
{%- if requirements_path %}, {{ ('--requirements-path=' ~ requirements_path) | tojson }}{% endif -%}
, "--", {{ entrypoint_path | tojson }}, {{ (extra.get('entrypoint_class') or '') | tojson }}]
