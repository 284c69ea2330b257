import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@racetrack-platform/sandbox';
import type { FileLayout } from './file-layout.ts';
import { isAbandoned, removeAbandonedWork } from './work-directory.ts';

/**
 * Removes what no plugin needs any more.
 *
 * @param digests - of the packages that stay.
 * @param environments - names of the environments that stay; `undefined`: all do.
 */
export async function collectFiles(
  layout: FileLayout,
  digests: ReadonlySet<string>,
  environments: ReadonlySet<string> | undefined,
): Promise<void> {
  await removeAbandonedWork(layout.work);
  for (const digest of await readdir(layout.packages)) {
    if (!digests.has(digest)) await removeTree(join(layout.packages, digest));
  }
  if (environments === undefined) return;
  await collectEnvironments(layout.environments, environments);
}

/** A link of the environment's name first, so that nobody finds half of one; then what no link leads to. */
async function collectEnvironments(directory: string, kept: ReadonlySet<string>): Promise<void> {
  const names = await readdir(directory);
  const targets = new Set<string>();
  for (const name of names) {
    const target = await readlink(join(directory, name)).catch(() => undefined);
    if (target === undefined) continue;
    if (kept.has(name)) targets.add(target);
    else await removeTree(join(directory, name));
    targets.add(name);
  }
  const rest = names.filter((name) => !targets.has(name));
  for (const name of rest) {
    if (isAbandoned(name.split('.')[0] ?? '')) await removeTree(join(directory, name));
  }
}
