import { setTimeout as sleep } from 'node:timers/promises';
import { findInstanceProcesses } from './find-instance-processes.ts';

/** Jobs may finish what they are at for this long. */
const GRACE_MS = 5_000;
const KILL_LIMIT_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * Ends the jobs that a platform left running: SIGTERM, and after a while SIGKILL.
 *
 * @param dataDir - of a platform that does not run any more.
 * @returns how many processes were told to stop.
 */
export async function stopInstances(dataDir: string): Promise<number> {
  const find = (): number[] => findInstanceProcesses({ procDir: '/proc' }, dataDir).map(({ pid }) => pid);
  const found = find();
  for (const pid of found) signal(pid, 'SIGTERM');
  if (await becomesEmpty(find, GRACE_MS)) return found.length;
  for (const pid of find()) signal(pid, 'SIGKILL');
  await becomesEmpty(find, KILL_LIMIT_MS);
  return found.length;
}

async function becomesEmpty(find: () => number[], limitMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + limitMs;
  while (find().length > 0) {
    if (Date.now() > giveUpAt) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}
