import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeploymentRepository, fromJson, type Store } from '@racetrack-platform/db';
import { launchSpecSchema } from '../deployments/launch-spec.ts';
import { TRASH } from './collect-artifacts.ts';

/**
 * Removes copies of plugins that the builder has made for accounts which could not read the originals, and that no job
 * and no instance runs from. While a deployment is under way nothing is touched: its build may be reading one. The next
 * build that wants one makes it again.
 *
 * @param buildsDir - the builder's directory.
 * @returns how many were removed.
 */
export async function collectCopies(deps: {
  readonly store: Store;
  readonly buildsDir: string;
}): Promise<number> {
  const copies = join(deps.buildsDir, 'copies');
  if (!existsSync(copies) || readdirSync(copies).length === 0) return 0;
  const trash = join(deps.buildsDir, TRASH, randomUUID());
  const { result: count } = await deps.store.transaction(async ({ db }) => {
    const deployments = createDeploymentRepository(db);
    if ((await deployments.countInProgress()) > 0) return 0;
    const specs = await deployments.listLaunchSpecsInUse();
    const inUse = specs.map((text) => launchSpecSchema.parse(fromJson(text)).pluginDir);
    const forgotten = readdirSync(copies).filter(
      (name) => !inUse.some((path) => path.startsWith(`${join(copies, name)}/`)),
    );
    if (forgotten.length > 0) mkdirSync(trash, { recursive: true, mode: 0o700 });
    // Renamed while the transaction keeps new deployments out, so that no build finds one half removed.
    for (const name of forgotten) renameSync(join(copies, name), join(trash, randomUUID()));
    return forgotten.length;
  });
  await rm(trash, { recursive: true, force: true });
  return count;
}
