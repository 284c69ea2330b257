import { realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute } from 'node:path';

/** Execute permission for everybody. */
const EXECUTABLE = 0o001;

/** Where systems keep programs for everybody. */
const USUAL_DIRS = ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];

/** What builds and jobs find empty, or find directories of their own in place of (docs/security.md), whatever the modes say. */
const HIDDEN_DIRS = ['/tmp', '/var/tmp', '/dev/shm', '/root', '/home', '/run'];

/**
 * Whether every user of this machine may run a program, links followed: jobs run as users that own nothing. Judged by
 * modes alone; for what a job's view of the machine hides see {@link isHiddenFromJobs}.
 *
 * @param program - absolute path; one that is not there is out of reach.
 */
export function isReachable(program: string): boolean {
  try {
    return [program, realpathSync(program)].every((path) => isPassable(path));
  } catch {
    return false;
  }
}

function isPassable(path: string): boolean {
  if ((statSync(path).mode & EXECUTABLE) === 0) return false;
  const parent = dirname(path);
  return parent === path || isPassable(parent);
}

/**
 * Whether a path lies where jobs with a view of their own find something else, or nothing.
 *
 * @param path - absolute; links are not followed.
 */
export function isHiddenFromJobs(path: string): boolean {
  return HIDDEN_DIRS.some((directory) => path.startsWith(`${directory}/`));
}

/**
 * The absolute directories in which a language's programs are looked for, each once.
 *
 * @param searchPath - as in `PATH`.
 * @param further - looked at before the usual ones of a system.
 */
export function listProgramDirs(searchPath: string, further: readonly string[] = []): string[] {
  return [...new Set([...searchPath.split(delimiter), ...further, ...USUAL_DIRS])].filter(isAbsolute);
}
