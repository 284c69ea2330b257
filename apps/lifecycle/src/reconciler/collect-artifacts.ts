import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeploymentRepository, type Store } from '@racetrack-platform/db';

/**
 * Removes artifacts that no job and no instance needs any more. While a deployment is under way nothing is touched: it
 * may be about to use one that looks forgotten. Environments and sources stay, as caches.
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
  const trash = join(deps.buildsDir, 'trash', randomUUID());
  const { result: count } = await deps.store.transaction(async ({ db }) => {
    const deployments = createDeploymentRepository(db);
    if (!existsSync(artifacts) || (await deployments.countInProgress()) > 0) return 0;
    const inUse = new Set(await deployments.listArtifactKeysInUse());
    const forgotten = readdirSync(artifacts).filter((key) => !inUse.has(key));
    if (forgotten.length > 0) mkdirSync(trash, { recursive: true, mode: 0o700 });
    // Renamed while the transaction keeps new deployments out, so that none can find one half removed.
    for (const key of forgotten) renameSync(join(artifacts, key), join(trash, randomUUID()));
    return forgotten.length;
  });
  await rm(trash, { recursive: true, force: true });
  return count;
}
