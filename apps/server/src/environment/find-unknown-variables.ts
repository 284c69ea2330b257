import { suggestWord } from '@racetrack-platform/errors';
import { SETTINGS } from '../settings.ts';

/** What the roles and the CLI read, beside {@link SETTINGS}; a test compares all with docs/reference/environment.md. */
const READ_BY_OTHERS = [
  'RACETRACK_ADMIN_PASSWORD',
  'RACETRACK_ALIVE_TIMEOUT',
  'RACETRACK_AUTH_KEY',
  'RACETRACK_BUILD_DISK_MAX',
  'RACETRACK_BUILD_LOG_MAX',
  'RACETRACK_BUILD_MEMORY_MAX',
  'RACETRACK_BUILD_PROCESSES_MAX',
  'RACETRACK_BUILD_TIMEOUT',
  'RACETRACK_CONNECT_TIMEOUT_MS',
  'RACETRACK_DATABASE_CA_FILE',
  'RACETRACK_DATABASE_POOL_SIZE',
  'RACETRACK_DATABASE_TLS',
  'RACETRACK_DEFAULT_JOB_MEMORY_MAX',
  'RACETRACK_DRAIN_LIMIT',
  'RACETRACK_EXTERNAL_LIFECYCLE_URL',
  'RACETRACK_FEED',
  'RACETRACK_GIT_ALLOW_LOCAL',
  'RACETRACK_GIT_ALLOW_PRIVATE',
  'RACETRACK_GIT_TIMEOUT',
  'RACETRACK_INFRASTRUCTURE_TARGET',
  'RACETRACK_JOB_DISK_LIMIT',
  'RACETRACK_LOG_STREAM_AUTH',
  'RACETRACK_MAX_DEPLOYMENTS',
  'RACETRACK_MAX_FEED_AGE_MS',
  'RACETRACK_MAX_JOB_MEMORY_LIMIT',
  'RACETRACK_READY_TIMEOUT',
  'RACETRACK_RESPONSE_TIMEOUT_MS',
  'RACETRACK_SECRETS_KEY',
  'RACETRACK_SHUTDOWN_TIMEOUT_MS',
];

/** Read by the CLI, which often shares its environment with the server, and by tests. */
const NOT_OF_THE_SERVER = [
  'RACETRACK_CONFIG',
  'RACETRACK_DEBUG',
  'RACETRACK_FAILPOINTS',
  'RACETRACK_REMOTE',
  'RACETRACK_TOKEN',
];

/** Every variable that the server reads. */
export const SERVER_VARIABLES: readonly string[] = [
  ...SETTINGS.map(({ env }) => env),
  ...READ_BY_OTHERS,
].sort();

/**
 * Finds variables that look like settings and are none: a typo would otherwise be a setting that does nothing.
 *
 * @param env - the environment of the process.
 * @returns one line for each, with the name that was probably meant; values are never shown.
 */
export function findUnknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set([...SERVER_VARIABLES, ...NOT_OF_THE_SERVER]);
  const unknown = Object.keys(env).filter((name) => name.startsWith('RACETRACK_') && !known.has(name));
  return unknown.map((name) => {
    const meant = suggestWord(name, SERVER_VARIABLES);
    const advice =
      meant === undefined ? 'docs/reference/environment.md lists them all' : `did you mean ${meant}?`;
    return `the environment variable ${name} is no setting: ${advice}`;
  });
}
