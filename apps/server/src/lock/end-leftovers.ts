import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

/** Children end by themselves when their launcher is gone; one that does not within this time is killed. */
const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 20;

/**
 * Waits until the children of a killed launcher have ended, and ends those that do not: they would hold the ports and
 * the store.
 *
 * @param leftovers - from the lock that was taken over.
 * @param graceMs - how long they may take.
 */
export async function endLeftovers(leftovers: readonly ProcessIdentity[], graceMs = GRACE_MS): Promise<void> {
  await Promise.all(leftovers.map((leftover) => endLeftover(leftover, graceMs)));
}

async function endLeftover(leftover: ProcessIdentity, graceMs: number): Promise<void> {
  const killAt = Date.now() + graceMs;
  const giveUpAt = killAt + GRACE_MS;
  while (Date.now() < giveUpAt && (await isRunning(leftover))) {
    if (Date.now() >= killAt) kill(leftover.pid);
    await sleep(LOOK_EVERY_MS);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}
