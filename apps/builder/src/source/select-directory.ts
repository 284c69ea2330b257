import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, posix } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { resolveInside } from './resolve-inside.ts';

const MAX_LISTED_DIRECTORIES = 20;

/**
 * Brings `git.directory` into one form: relative, without `.` and trailing slashes; empty for the root.
 *
 * @throws PlatformError `MANIFEST_INVALID` when it leads out of the repository.
 */
export function normalizeDirectory(directory: string): string {
  const normalized = posix.normalize(directory.trim() === '' ? '.' : directory.trim()).replace(/\/+$/, '');
  const leavesRoot = normalized === '..' || normalized.startsWith('../');
  if (isAbsolute(directory.trim()) || leavesRoot || directory.includes('\0')) throw refuseOutside(directory);
  return normalized === '.' ? '' : normalized;
}

/**
 * Finds the job's directory in a checkout.
 *
 * @param checkoutDir - the repository's root.
 * @param directory - as {@link normalizeDirectory} answers it.
 * @throws PlatformError `MANIFEST_INVALID` when links lead out of the repository, `SOURCE_UNAVAILABLE` when there is no
 *   such directory; the message lists those that are there.
 */
export async function selectDirectory(checkoutDir: string, directory: string): Promise<string> {
  const resolved = await resolveInside(checkoutDir, directory);
  if (resolved.kind === 'outside') throw refuseOutside(directory);
  if (resolved.kind === 'found' && (await stat(resolved.path)).isDirectory()) return resolved.path;

  const problem =
    resolved.kind === 'found'
      ? `git.directory "${directory}" is a file, not a directory`
      : `git.directory "${directory}" does not exist in the repository`;
  throw new PlatformError(
    'SOURCE_UNAVAILABLE',
    `${problem}; ${await describeNearest(checkoutDir, directory)}`,
    {
      hint: 'Correct git.directory in the manifest, or push the directory.',
    },
  );
}

async function describeNearest(checkoutDir: string, directory: string): Promise<string> {
  const parent = posix.dirname(directory);
  const resolved = await resolveInside(checkoutDir, parent);
  if (resolved.kind !== 'found' && parent !== '.') return await describeNearest(checkoutDir, parent);
  const path = resolved.kind === 'found' ? resolved.path : checkoutDir;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const place = parent === '.' ? 'the repository' : `"${parent}"`;
  if (names.length === 0) return `${place} has no directories`;
  const more = names.length - MAX_LISTED_DIRECTORIES;
  const listed = names.sort().slice(0, MAX_LISTED_DIRECTORIES).join(', ');
  return `the directories in ${place} are ${listed}${more > 0 ? ` and ${more} more` : ''}`;
}

function refuseOutside(directory: string): PlatformError {
  return new PlatformError('MANIFEST_INVALID', `git.directory "${directory}" leads out of the repository`, {
    hint: 'Write it relative to the root of the repository.',
  });
}
