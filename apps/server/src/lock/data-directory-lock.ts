import { randomUUID } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { takeKernelLock } from './kernel-lock.ts';
import { readLock, type LockRecord } from './lock-record.ts';
import { findProcessIdentity, isRunning, type ProcessIdentity } from './process-identity.ts';

/** The right to use a data directory, held by one launcher at a time. */
export interface DataDirectoryLock {
  /** Children that a killed predecessor left behind; they are about to end by themselves, or not. */
  readonly leftovers: readonly ProcessIdentity[];
  /** Writes down which children run now. */
  recordChildren(pids: readonly number[]): Promise<void>;
  /** Gives the directory free. */
  release(): Promise<void>;
}

/** More than this many changes of hands while we look means that something is wrong with the folder. */
const MAX_ATTEMPTS = 100;
const LOOK_EVERY_MS = 10;

/**
 * Takes the lock of a data directory; that of a dead process is taken over.
 *
 * @param dataDir - an existing folder.
 * @returns the lock.
 * @throws {@link PlatformError} `DATA_DIR_IN_USE`, naming the process, when a living one holds it.
 */
export async function acquireDataDirectoryLock(dataDir: string): Promise<DataDirectoryLock> {
  const file = path.join(dataDir, 'lock');
  const holder = await findProcessIdentity(process.pid);
  if (holder === undefined) throw new Error('cannot read the start time of this very process');
  const record: LockRecord = { nonce: randomUUID(), holder, children: [] };
  let leftovers: readonly ProcessIdentity[] = [];
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (await tryToCreate(file, record)) return { leftovers, ...createLock(file, record) };
    const found = await readLock(file);
    if (found.kind === 'record' && (await isRunning(found.record.holder))) throw inUse(dataDir, found.record);
    if (found.kind !== 'absent') leftovers = (await removeStale(file)) ?? leftovers;
  }
  throw new PlatformError('DATA_DIR_IN_USE', `the lock of ${dataDir} keeps changing hands`, {
    hint: `See what else uses the folder; when nothing does, remove ${file}.`,
  });
}

/**
 * Finds the launcher that holds a data directory.
 *
 * @returns undefined when none runs.
 */
export async function findLockHolder(dataDir: string): Promise<ProcessIdentity | undefined> {
  const found = await readLock(path.join(dataDir, 'lock'));
  return found.kind === 'record' && (await isRunning(found.record.holder)) ? found.record.holder : undefined;
}

function createLock(file: string, record: LockRecord): Omit<DataDirectoryLock, 'leftovers'> {
  return {
    async recordChildren(pids) {
      const identities = await Promise.all(pids.map((pid) => findProcessIdentity(pid)));
      const children = identities.filter((identity) => identity !== undefined);
      const fresh = `${file}.${record.nonce}`;
      await writeFile(fresh, serialize({ ...record, children }), { mode: 0o600 });
      await rename(fresh, file);
    },

    async release() {
      const found = await readLock(file);
      if (found.kind === 'record' && found.record.nonce === record.nonce) await rm(file, { force: true });
    },
  };
}

/** A link to a complete file appears at once and only where there is nothing, so nobody ever reads half a lock. */
async function tryToCreate(file: string, record: LockRecord): Promise<boolean> {
  const fresh = `${file}.${record.nonce}`;
  await writeFile(fresh, serialize(record), { mode: 0o600 });
  try {
    await link(fresh, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

/**
 * Removes the lock of a dead process. Only the holder of a lock of the kernel's may do that, and only after looking
 * again: otherwise one that judged slowly could remove the fresh lock of another.
 *
 * @returns the children that the dead process had noted; undefined when the lock has changed hands meanwhile.
 */
async function removeStale(file: string): Promise<readonly ProcessIdentity[] | undefined> {
  using right = takeKernelLock(`${file}.takeover`);
  if (right === undefined) {
    await sleep(LOOK_EVERY_MS);
    return undefined;
  }
  const found = await readLock(file);
  if (found.kind === 'absent') return undefined;
  if (found.kind === 'record' && (await isRunning(found.record.holder))) return undefined;
  await rm(file, { force: true });
  return found.kind === 'record' ? found.record.children : [];
}

function inUse(dataDir: string, { holder }: LockRecord): PlatformError {
  return new PlatformError(
    'DATA_DIR_IN_USE',
    `the data directory ${dataDir} is used by process ${holder.pid}`,
    {
      hint: `Stop that one (npm start -- stop --data-dir ${dataDir}), or choose another folder with --data-dir.`,
    },
  );
}

function serialize(record: LockRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
