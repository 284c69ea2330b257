import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeploymentRepository, fromJson, type Store } from '@racetrack-platform/db';
import { measureDirectory } from '@racetrack-platform/sandbox';
import { launchSpecSchema } from '../deployments/launch-spec.ts';
import { TRASH } from './collect-artifacts.ts';

/** What the builder keeps for the next build; artifacts go with their jobs. */
const CACHES = ['environments', 'sources'] as const;
/** Written by the builder when an entry is complete; it touches the file whenever it uses the entry again. */
const COMPLETION_MARK = 'complete.json';

interface TrimCachesDeps {
  readonly store: Store;
  /** The builder's directory. */
  readonly buildsDir: string;
  /** Bytes that all caches together may take; `null`: no limit. */
  readonly maxBytes: number | null;
}

interface Entry {
  readonly dir: string;
  readonly usedAtMs: number;
  readonly bytes: number;
}

/**
 * Makes what removes the environments and sources that were not used for the longest time, when all of them take more
 * than they may. What a job or an instance runs from stays. While a deployment is under way nothing is touched: it may
 * be about to use one.
 *
 * @returns answers how many were removed.
 */
export function createCacheTrimmer({ store, buildsDir, maxBytes }: TrimCachesDeps): () => Promise<number> {
  /** A complete entry never changes, so each is measured once. */
  const sizes = new Map<string, number>();

  async function measure(dir: string): Promise<number> {
    const known = sizes.get(dir);
    if (known !== undefined) return known;
    const { bytes } = await measureDirectory(dir);
    sizes.set(dir, bytes);
    return bytes;
  }

  async function listEntries(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const cache of CACHES) {
      const folder = join(buildsDir, cache);
      for (const name of await readdir(folder).catch(() => [])) {
        const dir = join(folder, name);
        const usedAtMs = findUse(dir);
        if (usedAtMs !== undefined) entries.push({ dir, usedAtMs, bytes: await measure(dir) });
      }
    }
    return entries;
  }

  return async () => {
    if (maxBytes === null) return 0;
    const entries = await listEntries();
    const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total <= maxBytes) return 0;
    const trash = join(buildsDir, TRASH, randomUUID());
    const { result: removed } = await store.transaction(async ({ db }) => {
      const deployments = createDeploymentRepository(db);
      if ((await deployments.countInProgress()) > 0) return [];
      const inUse = await listPathsInUse(deployments);
      const surplus = chooseSurplus(entries, { excess: total - maxBytes, inUse });
      if (surplus.length > 0) mkdirSync(trash, { recursive: true, mode: 0o700 });
      // Renamed while the transaction keeps new deployments out, so that none can find one half removed.
      for (const { dir } of surplus) renameSync(dir, join(trash, randomUUID()));
      return surplus;
    });
    for (const { dir } of removed) sizes.delete(dir);
    await rm(trash, { recursive: true, force: true });
    return removed.length;
  };
}

/** Milliseconds since the epoch; `undefined` for an entry that is not complete, or gone. */
function findUse(dir: string): number | undefined {
  return statSync(join(dir, COMPLETION_MARK), { throwIfNoEntry: false })?.mtimeMs;
}

/** The oldest first, and no more than it takes; one that was used since it was measured is old no longer. */
function chooseSurplus(
  entries: readonly Entry[],
  { excess, inUse }: { readonly excess: number; readonly inUse: readonly string[] },
): Entry[] {
  const surplus: Entry[] = [];
  let left = excess;
  for (const entry of entries.toSorted((one, other) => one.usedAtMs - other.usedAtMs)) {
    if (left <= 0) break;
    const isNeeded = inUse.some((path) => path.startsWith(`${entry.dir}/`));
    if (isNeeded || findUse(entry.dir) !== entry.usedAtMs) continue;
    surplus.push(entry);
    left -= entry.bytes;
  }
  return surplus;
}

async function listPathsInUse(deployments: ReturnType<typeof createDeploymentRepository>): Promise<string[]> {
  const specs = await deployments.listLaunchSpecsInUse();
  return specs.flatMap((text) => {
    const { sourceDir, environmentDir, pluginDir } = launchSpecSchema.parse(fromJson(text));
    return [sourceDir, environmentDir, pluginDir];
  });
}
