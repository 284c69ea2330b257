{#- Everything that a manifest says stands between quotes, in JSON, or behind the filter `quote`. -#}
{%- set extra = manifest_jobtype_extra -%}
{%- set crate = extra.get('cargo_manifest_path') -%}
{%- set lock = extra.get('cargo_lock_path') -%}
{%- set dependencies = manifest.system_dependencies or [] -%}
FROM rust:{{ extra.get('rust_version') or '1.95' }}-bookworm AS build
{%- if dependencies | length > 0 %}
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -- \
  {%- for dependency in dependencies %}
    {{ dependency | quote }} \
  {%- endfor %}
  && rm -rf /var/lib/apt/lists/*
{%- endif %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  mkdir /opt/environment \
  && rustc -O --edition=2021 /opt/runtime/compose/main.rs -o /opt/environment/compose
{%- if not crate %}
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=bind,from=swagger,target=/opt/swagger \
  /opt/environment/compose environment --runtime=/opt/runtime --swagger-dir=/opt/swagger \
    --environment=/opt/environment --source=/src/job --cargo=cargo --rustc=rustc
{%- endif %}
{%- for name, value in env_vars.items() %}
ENV {{ name }}="{{ value | string | replace('\\', '\\\\') | replace('"', '\\"') | replace('$', '\\$') }}"
{%- endfor %}
{%- if crate %}
COPY . /src/dependencies
RUN --mount=type=bind,from=jobtype,source=runtime,target=/opt/runtime \
  --mount=type=bind,from=swagger,target=/opt/swagger \
  --mount=type=secret,id=build_secrets,target=/run/secrets/build_secrets.env \
  /opt/environment/compose environment --runtime=/opt/runtime --swagger-dir=/opt/swagger \
    --environment=/opt/environment --source=/src/dependencies --cargo=cargo --rustc=rustc \
    --secrets=/run/secrets/build_secrets.env \
    --manifest={{ crate | quote }}{% if lock %} --lock={{ lock | quote }}{% endif %}
{%- endif %}
WORKDIR /src/job
COPY . .
RUN /opt/environment/compose job --environment=/opt/environment --source=/src/job --cargo=cargo --rustc=rustc
{%- if crate %} --manifest={{ crate | quote }}{% endif %}

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
COPY --from=build /opt/environment/swagger /opt/swagger
COPY --from=build --chown=10001:10001 /src/job /src/job
ENV JOB_NAME="{{ manifest.name }}" \
  JOB_VERSION="{{ manifest.version }}" \
  GIT_VERSION="{{ git_version }}" \
  DEPLOYED_BY_RACETRACK_VERSION="{{ deployed_by_racetrack_version }}" \
  JOB_TYPE_VERSION="{{ job_type_version }}"
USER 10001
EXPOSE 7000
STOPSIGNAL SIGTERM
CMD ["/src/job/.racetrack/job", "--port=7000", "--swagger-dir=/opt/swagger"
{%- for name in ['home_page', 'max_concurrency', 'max_concurrency_queue', 'max_inflight_requests', 'call_timeout'] -%}
  {%- set value = extra.get(name) -%}
  {%- if value is not none and value != '' %}, {{ ('--' ~ name.replace('_', '-') ~ '=' ~ value) | tojson }}{% endif -%}
{%- endfor -%}
]
