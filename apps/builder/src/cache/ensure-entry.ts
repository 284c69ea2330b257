import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failpoint } from '@racetrack-platform/failpoints';
import { entryLockPath, type BuildsDirectory, type EntryKind } from './builds-directory.ts';
import { ENTRY_TREE, findEntryMark, noteUse, writeEntryMark } from './entry-mark.ts';
import { removeLeftovers } from './remove-leftovers.ts';
import { removeTree } from './remove-tree.ts';
import type { Workspace } from './workspace.ts';

export interface EnsureEntryDeps {
  readonly builds: BuildsDirectory;
  readonly getWorkspace: () => Promise<Workspace>;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

export interface EnsureEntryRequest {
  readonly kind: Exclude<EntryKind, 'sources'>;
  /** Hexadecimal. */
  readonly key: string;
  /** Builds a further generation, whatever exists. */
  readonly ignoreExisting: boolean;
  /** Age from which an entry is built anew; `null`: never. */
  readonly expiresAfterMs: number | null;
  /** Fills the tree at its final path, which exists and is empty. */
  readonly build: (treeDir: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A complete entry. */
export interface CacheEntry {
  /** The key, from the second generation on followed by `.` and its number. */
  readonly name: string;
  readonly treeDir: string;
  readonly wasReused: boolean;
}

/**
 * Finds a complete entry, or builds one at its final path under a lock.
 *
 * Of two builders that want the same entry the second waits and reuses. A complete entry is never changed or
 * removed, since jobs run from it: an expired or ignored one gets a successor, a further *generation*.
 */
export async function ensureEntry(deps: EnsureEntryDeps, request: EnsureEntryRequest): Promise<CacheEntry> {
  const ready = request.ignoreExisting ? undefined : await findUsable(deps, request);
  if (ready !== undefined) return ready;

  const { acquireFileLock } = await import('./file-lock.ts');
  const lockPath = entryLockPath(deps.builds, request.kind, request.key);
  const noteWait = (): void => deps.log(`waiting for another build of the same ${request.kind.slice(0, -1)}`);
  const lock = await acquireFileLock(lockPath, request.signal, noteWait);
  try {
    const builtMeanwhile = request.ignoreExisting ? undefined : await findUsable(deps, request);
    return builtMeanwhile ?? (await buildNext(deps, request, lockPath));
  } finally {
    lock.release();
  }
}

async function buildNext(
  deps: EnsureEntryDeps,
  request: EnsureEntryRequest,
  lockPath: string,
): Promise<CacheEntry> {
  const generations = await listGenerations(deps, request);
  const halfBuilt = generations.filter(({ mark }) => mark === undefined);
  // Who began these is dead, or we would not have the lock; its children may still be writing into them.
  if (halfBuilt.length > 0) await removeLeftovers(deps.builds, lockPath);
  for (const { dir } of halfBuilt) await removeTree(dir);

  const newest = Math.max(0, ...generations.filter(({ mark }) => mark !== undefined).map((g) => g.number));
  const name = newest === 0 ? request.key : `${request.key}.${newest + 1}`;
  const dir = join(deps.builds[request.kind], name);
  const treeDir = join(dir, ENTRY_TREE);
  const workspace = await deps.getWorkspace();
  failpoint('before-entry-noted');
  await workspace.noteUnfinished(request.kind, name);
  failpoint('after-entry-noted');
  try {
    await mkdir(treeDir, { recursive: true });
    await request.build(treeDir);
    await writeEntryMark(dir, { key: request.key, createdAtMs: deps.now(), details: null });
  } catch (error) {
    // A step may have left something running in a session of its own.
    await workspace.killAll();
    await removeTree(dir);
    throw error;
  }
  return { name, treeDir, wasReused: false };
}

async function findUsable(
  deps: EnsureEntryDeps,
  request: EnsureEntryRequest,
): Promise<CacheEntry | undefined> {
  const newest = (await listGenerations(deps, request)).findLast(({ mark }) => mark !== undefined);
  if (newest?.mark === undefined) return undefined;
  const ageMs = deps.now() - newest.mark.createdAtMs;
  if (request.expiresAfterMs !== null && ageMs >= request.expiresAfterMs) return undefined;
  await noteUse(newest.dir);
  return { name: newest.name, treeDir: join(newest.dir, ENTRY_TREE), wasReused: true };
}

async function listGenerations(deps: EnsureEntryDeps, request: EnsureEntryRequest) {
  const folder = deps.builds[request.kind];
  const names = (await readdir(folder)).filter(
    (name) => name === request.key || name.startsWith(`${request.key}.`),
  );
  const generations = await Promise.all(
    names.map(async (name) => {
      const dir = join(folder, name);
      const number = Number(name.slice(request.key.length + 1) || '1');
      return { name, dir, number, mark: await findEntryMark(dir) };
    }),
  );
  return generations.sort((a, b) => a.number - b.number);
}
