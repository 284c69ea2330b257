import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '@racetrack-platform/errors';

/** Beginnings that are there. */
export type SkeletonKind =
  | 'typescript-job-type'
  | 'typescript-target'
  | 'typescript-core'
  | 'python-job-type'
  | 'python-core';

/** Every folder here is a plugin, with `__plugin__` and `__short__` where names belong. */
const SKELETONS = fileURLToPath(new URL('../../skeletons/', import.meta.url));

/**
 * Writes a plugin to begin with into a new folder: all of it or nothing.
 *
 * @param directory - absolute; must not exist, or be empty.
 * @returns the files, relative and sorted.
 * @throws PlatformError `ALREADY_EXISTS`.
 */
export async function writeSkeleton(kind: SkeletonKind, name: string, directory: string): Promise<string[]> {
  const root = join(SKELETONS, kind);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
  const partial = `${directory}.partial-${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(partial, { recursive: true });
    for (const file of files) {
      const text = await readFile(join(root, file), 'utf8');
      await mkdir(dirname(join(partial, file)), { recursive: true });
      await writeFile(
        join(partial, file),
        text.replaceAll('__plugin__', name).replaceAll('__short__', shortNameOf(name)),
      );
    }
    await makeWay(directory);
    await rename(partial, directory);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  return files;
}

/** The name of the job type or target: `ruby` for `ruby-job-type`. */
export function shortNameOf(name: string): string {
  return name.replace(/(?<=.)[-_.](?:job-type|infrastructure|target|plugin)$/, '');
}

/** An empty folder may be there already. */
async function makeWay(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new PlatformError('ALREADY_EXISTS', `${directory} exists already and is no empty directory`, {
      hint: 'Choose another name, or remove it.',
      cause: error,
    });
  }
}
