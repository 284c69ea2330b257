import { suggestWord } from '@racetrack-platform/errors';
import { CONFIGURATION } from '../configuration/configuration-table.ts';

/** Read by the CLI, which often shares its environment with the server, by tests, or with another name's value. */
const NOT_OF_THE_SERVER = [
  'RACETRACK_CONFIG',
  'RACETRACK_DEBUG',
  'RACETRACK_FAILPOINTS',
  'RACETRACK_REMOTE',
  'RACETRACK_SUBDOMAIN',
  'RACETRACK_TOKEN',
];

/** Every variable that the server reads. */
export const SERVER_VARIABLES: readonly string[] = CONFIGURATION.map(({ env }) => env).sort();

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
      meant === undefined ? 'docs/reference/configuration.md lists them all' : `did you mean ${meant}?`;
    return `the environment variable ${name} is no setting: ${advice}`;
  });
}
