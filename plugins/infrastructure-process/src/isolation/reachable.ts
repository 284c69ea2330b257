import { chmodSync, existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ancestorsOf, findImpassable, isInside } from '@racetrack-platform/sandbox';

/** Execute permission for everybody: on a directory, the right to pass through it. */
const PASSABLE = 0o001;

/**
 * Lets every account pass through the directories between the platform's own one and a path, both included when they
 * are directories. Nobody can list them: names inside are found only by who knows them.
 */
export function makePassable(path: string, platformDir: string): void {
  for (const directory of [...ancestorsOf(path), path]) {
    if (!isInside(directory, platformDir)) continue;
    const status = statSync(directory, { throwIfNoEntry: false });
    if (status?.isDirectory() && (status.mode & PASSABLE) === 0)
      chmodSync(directory, (status.mode & 0o777) | 0o011);
  }
}

/** A search path without the directories that some accounts cannot reach, where each look would only be refused. */
export function keepPassable(searchPath: string): string {
  return searchPath
    .split(delimiter)
    .filter((directory) => existsSync(directory) && findImpassable(join(directory, 'program')).length === 0)
    .join(delimiter);
}

/** Beside a program's own directory, what it needs of its installation. */
const INSTALLATION = ['lib', 'lib64', 'share'];

/**
 * Directories that a program needs and that accounts cannot reach, or that are empty in a job's view: where an
 * interpreter is installed below someone's home, for instance. Nothing for the programs of the system.
 *
 * @param program - absolute.
 * @param emptied - directories that are empty in a job's view.
 */
export function findInstallation(program: string, emptied: readonly string[]): string[] {
  if (!existsSync(program)) return [];
  const directory = dirname(realpathSync(program));
  const isEmptied = emptied.some((path) => isInside(directory, path));
  if (!isEmptied && findImpassable(join(directory, 'program')).length === 0) return [];
  const rest = INSTALLATION.map((name) => join(dirname(directory), name));
  return [directory, ...rest].filter((path) => existsSync(path));
}
