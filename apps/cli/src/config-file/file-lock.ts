import { PlatformError } from '@racetrack-platform/errors';
import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** A lock is held for milliseconds; one this old was left by a process that was killed. */
const STALE_AFTER_MS = 10_000;
const GIVE_UP_AFTER_MS = 15_000;
const RETRY_DELAY_MS = 20;

/**
 * Runs work while holding a lock file, created exclusively, so that processes take turns.
 *
 * @throws {@link PlatformError} `CONFIG_INVALID` when the lock cannot be had.
 */
export async function withFileLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  while (!(await tryLock(path))) {
    if (Date.now() > giveUpAt)
      throw new PlatformError('CONFIG_INVALID', `${path} is held by another process`);
    await pause(RETRY_DELAY_MS, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new PlatformError('CONFIG_INVALID', `cannot create ${path} (${code})`, {
        cause,
        hint: 'Check the permissions of its directory, or set RACETRACK_CONFIG.',
      });
    }
    await removeIfStale(path);
    return false;
  }
}

async function removeIfStale(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status !== undefined && Date.now() - status.mtimeMs > STALE_AFTER_MS) await rm(path, { force: true });
}
