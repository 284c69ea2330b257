{#- Everything that a manifest says stands between quotes, in JSON, or behind the filter `quote`. -#}
{%- set extra = manifest_jobtype_extra -%}
{%- set node_version = extra.get('node_version') or '24' -%}
{%- set dependencies_path = extra.get('dependencies_path') -%}
{%- set entrypoint_path = extra.get('entrypoint_path') or '' -%}
{%- set dependencies = manifest.system_dependencies or [] -%}
FROM node:{{ node_version }}-bookworm-slim AS base
LABEL racetrack-component="job"
ENV NODE_ENV=production
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
RUN --mount=type=cache,target=/root/.npm \
  npm install --prefix /opt/tools --no-save --no-audit --no-fund @babel/parser@8.1.2
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=bind,from=swagger,target=/opt/swagger \
  node /opt/runtime/build/install-wrapper.ts --environment=/opt/job --swagger-dir /opt/swagger
COPY . .
{%- for name, value in env_vars.items() %}
ENV {{ name }}="{{ value | string | replace('\\', '\\\\') | replace('"', '\\"') | replace('$', '\\$') }}"
{%- endfor %}
{%- if dependencies_path %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=cache,target=/root/.npm \
  --mount=type=secret,id=build_secrets,target=/run/secrets/build_secrets.env \
  node --env-file-if-exists=/run/secrets/build_secrets.env /opt/runtime/build/install-dependencies.ts \
    --environment=/opt/job --cache=/root/.npm --npm-dir=/usr/local/lib/node_modules/npm \
    --dependencies={{ dependencies_path | quote }}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  node /opt/runtime/build/link-dependencies.ts --installed=/opt/job/job/node_modules \
    --dependencies={{ dependencies_path | quote }}
{%- endif %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  node /opt/runtime/build/read-signatures.ts --parser-dir /opt/tools/node_modules/@babel/parser \
    --output=.racetrack-signatures.json -- {{ entrypoint_path | quote }}

FROM base
COPY --from=build /opt/job /opt/job
COPY --from=build --chown=10001:10001 /src/job /src/job
ENV JOB_NAME="{{ manifest.name }}" \
  JOB_VERSION="{{ manifest.version }}" \
  GIT_VERSION="{{ git_version }}" \
  DEPLOYED_BY_RACETRACK_VERSION="{{ deployed_by_racetrack_version }}" \
  JOB_TYPE_VERSION="{{ job_type_version }}"
USER 10001
EXPOSE 7000
STOPSIGNAL SIGTERM
CMD ["node", "/opt/job/wrapper/run.js", "--port=7000"
{%- for name in ['home_page', 'max_concurrency', 'max_concurrency_queue', 'max_inflight_requests', 'call_timeout', 'workers'] -%}
  {%- set value = extra.get(name) -%}
  {%- if value is not none and value != '' %}, {{ ('--' ~ name.replace('_', '-') ~ '=' ~ value) | tojson }}{% endif -%}
{%- endfor -%}
, "--signature=.racetrack-signatures.json", "--", {{ entrypoint_path | tojson }}, {{ (extra.get('entrypoint_class') or '') | tojson }}]
