import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';

/** Result code of SQLite for a database that another connection has locked (sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5;
const POLL_INTERVAL_MS = 100;

/** An exclusive lock between processes. The kernel gives it back when its owner dies, however it dies. */
export interface FileLock {
  release(): void;
}

/**
 * Takes a lock if it is free.
 *
 * Node has no file locks of its own; SQLite has (fcntl or its like on every system), and an empty database
 * locked exclusively stays an empty file. Nothing has to be taken over from the dead, so no two can take it.
 *
 * @param path - the lock file, created when missing. Removing it is safe only while holding the lock, and only
 *   if nobody will want the same lock again.
 * @returns `undefined` when someone else has it.
 */
export function tryFileLock(path: string): FileLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

/**
 * Takes a lock, waiting for it as long as it takes.
 *
 * @param path - as in {@link tryFileLock}.
 * @param signal - ends the wait; its reason is thrown.
 * @param onWait - called once if the lock was not free.
 */
export async function acquireFileLock(
  path: string,
  signal: AbortSignal,
  onWait: () => void,
): Promise<FileLock> {
  let isFirstTry = true;
  for (;;) {
    signal.throwIfAborted();
    const lock = tryFileLock(path);
    if (lock !== undefined) return lock;
    if (isFirstTry) onWait();
    isFirstTry = false;
    await sleep(POLL_INTERVAL_MS);
  }
}
