FROM {{ base_image }}

{%- for name, value in env_vars.items() %}
ENV {{ name }}="{{ value }}"
{%- endfor %}

{%- if manifest.system_dependencies %}

RUN apk add --no-cache {{ manifest.system_dependencies | quote | join(' ') }}
{%- endif %}

{%- if manifest.jobtype_extra.gomod %}

# First the modules, which change less often than the code.
COPY [{{ manifest.jobtype_extra.gomod | tojson }}, "/src/modules/go.mod"]
RUN cd /src/modules && go mod download
{%- endif %}

# The job takes the place of the stub.
COPY . /src/go_wrapper/handler/
RUN go get ./... && go build -o go_wrapper .

ENV JOB_NAME="{{ manifest.name }}"
ENV JOB_VERSION="{{ manifest.version }}"
ENV GIT_VERSION="{{ git_version }}"
ENV DEPLOYED_BY_RACETRACK_VERSION="{{ deployed_by_racetrack_version }}"
