import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from '@racetrack-platform/sandbox';

/** A process may be between two states when it is looked for; more rounds than this mean that the kernel holds it. */
const MAX_ROUNDS = 20;
const PAUSE_MS = 10;

/**
 * Kills every process of an account, in whatever session, group or namespace it is. The kernel does it in one sweep,
 * so that a fork bomb cannot outrun it.
 *
 * @param account - of a build that is over; we are root.
 */
export async function killAccount({ uid, gid }: Account): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if ((await sweep(uid, gid)) !== 0) return;
    await pause(PAUSE_MS);
  }
}

/** Answers 0 as long as there was something to kill. */
async function sweep(uid: number, gid: number): Promise<number | null> {
  // A signal to -1 reaches all that the sender may signal but itself: as this account, just the account's own.
  const child = spawn('/bin/sh', ['-c', 'kill -KILL -1'], { uid, gid, stdio: 'ignore', cwd: '/', env: {} });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
