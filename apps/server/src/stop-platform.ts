import { setTimeout as sleep } from 'node:timers/promises';
import { findLockHolder } from './lock/data-directory-lock.ts';
import { isRunning } from './lock/process-identity.ts';

/** Longer than the launcher itself may take to stop. */
const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

/** What came of it; `stuck` has not ended in time. */
export type StopOutcome =
  | { readonly kind: 'not-running' }
  | { readonly kind: 'stopped'; readonly pid: number }
  | { readonly kind: 'stuck'; readonly pid: number };

/**
 * Asks the launcher that holds a data directory to stop, and waits for its end.
 *
 * @param dataDir - where its lock is.
 * @param limitMs - how long to wait.
 */
export async function stopPlatform(dataDir: string, limitMs = LIMIT_MS): Promise<StopOutcome> {
  const holder = await findLockHolder(dataDir);
  if (holder === undefined) return { kind: 'not-running' };
  process.kill(holder.pid, 'SIGTERM');
  const giveUpAt = Date.now() + limitMs;
  while (await isRunning(holder)) {
    if (Date.now() > giveUpAt) return { kind: 'stuck', pid: holder.pid };
    await sleep(LOOK_EVERY_MS);
  }
  return { kind: 'stopped', pid: holder.pid };
}
