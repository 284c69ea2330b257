/** Variables that the platform itself gives to running jobs; a manifest must not set them (those of Racetrack 2.36, and `JOB_DATA_DIR`). */
export const RESERVED_RUNTIME_NAMES: readonly string[] = [
  'PUB_URL',
  'JOB_NAME',
  'JOB_VERSION',
  'JOB_DATA_DIR',
  'JOB_DEPLOYMENT_TIMESTAMP',
  'JOB_MANIFEST_YAML',
  'JOB_USER_MODULE_HOSTNAME',
  'AUTH_TOKEN',
  'REQUEST_TRACING_HEADER',
];

/** Names that routes of the API have too, so that a job of this name is hidden in places. */
export const SHADOWED_JOB_NAMES: readonly string[] = ['all', 'async', 'graph', 'portfolio'];
