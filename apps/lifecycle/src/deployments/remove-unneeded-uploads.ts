import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeploymentRepository, type Store } from '@racetrack-platform/db';

/**
 * Removes build contexts that no deployment under way is going to unpack: of a request that was refused, or left behind
 * when the platform died between two steps.
 *
 * @param names - file names below `uploadsDir` that nobody is about to name in a new deployment.
 */
export async function removeUnneededUploads(
  { store, uploadsDir }: { readonly store: Store; readonly uploadsDir: string },
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const needed = new Set(await createDeploymentRepository(store.db).listUploadsInUse());
  const unneeded = names.filter((name) => !needed.has(name));
  await Promise.all(unneeded.map(async (name) => await rm(join(uploadsDir, name), { force: true })));
}
