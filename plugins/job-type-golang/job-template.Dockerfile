{#- Everything that a manifest says stands between quotes, in JSON, or behind the filter `quote`. -#}
{%- set extra = manifest_jobtype_extra -%}
{%- set gomod = extra.get('gomod') -%}
{%- set usesCgo = extra.get('cgo') in [true, 'true'] -%}
{%- set dependencies = manifest.system_dependencies or [] -%}
FROM golang:{{ extra.get('go_version') or '1.26' }}-bookworm AS build
{%- if usesCgo and dependencies | length > 0 %}
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -- \
  {%- for dependency in dependencies %}
    {{ dependency | quote }} \
  {%- endfor %}
  && rm -rf /var/lib/apt/lists/*
{%- endif %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=bind,from=swagger,target=/opt/swagger-files \
  --mount=type=cache,target=/root/.cache/go-build \
  cd /opt/runtime \
  && go build -trimpath -buildvcs=false -o /opt/bin/jobbuild ./cmd/jobbuild \
  && /opt/bin/jobbuild install --swagger-dir=/opt/swagger-files --target=/opt/swagger
WORKDIR /src/job
COPY . .
{%- for name, value in env_vars.items() %}
ENV {{ name }}="{{ value | string | replace('\\', '\\\\') | replace('"', '\\"') | replace('$', '\\$') }}"
{%- endfor %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=cache,target=/root/.cache/go-build \
  --mount=type=cache,target=/go/pkg/mod \
  --mount=type=secret,id=build_secrets,target=/run/secrets/build_secrets.env \
  /opt/bin/jobbuild --source=/src/job --wrapper=/opt/runtime --output=.racetrack/program/job \
    {% if usesCgo %}--cgo {% endif %}{% if gomod %}--gomod={{ gomod | quote }} {% endif -%}
    --secrets=/run/secrets/build_secrets.env

FROM debian:bookworm-slim
LABEL racetrack-component="job"
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
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /opt/swagger /opt/swagger
COPY --from=build --chown=10001:10001 /src/job /src/job
ENV JOB_NAME="{{ manifest.name }}" \
  JOB_VERSION="{{ manifest.version }}" \
  GIT_VERSION="{{ git_version }}" \
  DEPLOYED_BY_RACETRACK_VERSION="{{ deployed_by_racetrack_version }}" \
  JOB_TYPE_VERSION="{{ job_type_version }}"
USER 10001
EXPOSE 7000
STOPSIGNAL SIGTERM
CMD ["/src/job/.racetrack/program/job", "--port=7000", "--swagger-dir=/opt/swagger"
{%- for name in ['home_page', 'max_concurrency', 'max_concurrency_queue', 'max_inflight_requests', 'call_timeout'] -%}
  {%- set value = extra.get(name) -%}
  {%- if value is not none and value != '' %}, {{ ('--' ~ name.replace('_', '-') ~ '=' ~ value) | tojson }}{% endif -%}
{%- endfor -%}
]
