import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

/** Execute permission for everybody: on a directory, the right to pass through it. */
const PASSABLE = 0o001;

/** Whether a path is the directory itself or lies in it; both absolute. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !way.startsWith('/'));
}

/** All directories above a path, the root first. */
export function ancestorsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...ancestorsOf(parent), parent];
}

/** All directories above a path, links followed, that some accounts cannot pass through; the outermost first. */
export function findImpassable(path: string): string[] {
  return ancestorsOf(resolveExisting(path)).filter((directory) => {
    const mode = statSync(directory, { throwIfNoEntry: false })?.mode;
    return mode !== undefined && (mode & PASSABLE) === 0;
  });
}

/**
 * Says why jobs with accounts of their own could not get at their files, where they have no view of their own: a
 * directory above the platform's own one is closed to them. Start and `doctor` both ask here.
 *
 * @param platformDir - absolute; need not exist. Directories in it are the platform's own, and opened by itself.
 * @param jobDirs - directories that hold files of jobs; need not exist.
 * @returns `DATA_DIR_UNUSABLE`, naming every closed directory, or undefined when nothing stands in the way.
 */
export function findReachRefusal(platformDir: string, jobDirs: readonly string[]): PlatformError | undefined {
  const own = resolveExisting(platformDir);
  const closed = [...new Set(jobDirs.flatMap(findImpassable))].filter((path) => !isInside(path, own));
  if (closed.length === 0) return undefined;
  const names = closed.join(' ');
  return new PlatformError(
    'DATA_DIR_UNUSABLE',
    `jobs run as users of their own, which cannot pass through ${closed.join(' and ')}.`,
    {
      hint: `Install bubblewrap (Debian: apt install bubblewrap), or let them through with chmod o+x ${names}, or choose another --data-dir, or set RACETRACK_ISOLATION=off to run jobs as root.`,
    },
  );
}

/** The path with links followed as far as it exists. */
function resolveExisting(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(resolveExisting(parent), basename(path));
}
