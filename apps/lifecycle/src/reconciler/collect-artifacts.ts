import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeploymentRepository, type Store } from '@racetrack-platform/db';
import { failpoint } from '@racetrack-platform/failpoints';

/** Where artifacts and entries of caches wait for their removal. */
export const TRASH = 'trash';

/** Removes what a collection had set aside when the platform died. For a start, before anything is collected again. */
export async function emptyTrash(buildsDir: string): Promise<void> {
  const trash = join(buildsDir, TRASH);
  if (!existsSync(trash)) return;
  for (const name of await readdir(trash)) await rm(join(trash, name), { recursive: true, force: true });
}

/**
 * Removes artifacts that no job and no instance needs any more. While a deployment is under way nothing is touched: it
 * may be about to use one that looks forgotten. Environments and sources stay, as caches; see `trim-caches.ts`.
 *
 * @param buildsDir - the builder's directory.
 * @returns how many were removed.
 */
export async function collectArtifacts(deps: {
  readonly store: Store;
  readonly buildsDir: string;
}): Promise<number> {
  const artifacts = join(deps.buildsDir, 'artifacts');
  // A folder of its own, for another collection may be emptying its one right now.
  const trash = join(deps.buildsDir, TRASH, randomUUID());
  const { result: count } = await deps.store.transaction(async ({ db }) => {
    const deployments = createDeploymentRepository(db);
    if (!existsSync(artifacts) || (await deployments.countInProgress()) > 0) return 0;
    const inUse = new Set(await deployments.listArtifactKeysInUse());
    const forgotten = readdirSync(artifacts).filter((key) => !inUse.has(key));
    if (forgotten.length > 0) mkdirSync(trash, { recursive: true, mode: 0o700 });
    // Renamed while the transaction keeps new deployments out, so that none can find one half removed.
    failpoint('before-artifacts-collected');
    for (const key of forgotten) renameSync(join(artifacts, key), join(trash, randomUUID()));
    failpoint('after-artifacts-collected');
    return forgotten.length;
  });
  failpoint('before-trash-removed');
  await rm(trash, { recursive: true, force: true });
  failpoint('after-trash-removed');
  return count;
}
