import { chmodSync, chownSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { JobAccount } from '@racetrack-platform/plugin-sdk';

/** While a job starts it is looked for often: from the moment it listens it may get calls. */
const INTERVAL_MS = 20;
const STARTING_MS = 30_000;
const LATER_INTERVAL_MS = 250;

export interface Unsealed {
  readonly path: string;
  readonly account: JobAccount;
}

/**
 * Closes the directory of a job's socket to the job once it listens. Otherwise it could put a link to somebody else's
 * socket in its place, and have pub send its own callers' requests there.
 */
export interface SocketSeals extends Disposable {
  watch(instanceId: string, socket: Unsealed): void;
  forget(instanceId: string): void;
}

/** @param onForged - called for an instance that has put something else in the place of its socket. */
export function createSocketSeals(onForged: (instanceId: string) => void): SocketSeals {
  const pending = new Map<string, Unsealed & { readonly since: number; lookedAt: number }>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const now = performance.now();
    for (const [instanceId, socket] of pending) {
      if (now - socket.since > STARTING_MS && now - socket.lookedAt < LATER_INTERVAL_MS) continue;
      socket.lookedAt = now;
      const state = trySeal(socket);
      if (state === 'waiting') continue;
      pending.delete(instanceId);
      if (state === 'forged') onForged(instanceId);
    }
    if (pending.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    watch(instanceId, socket) {
      pending.set(instanceId, { ...socket, since: performance.now(), lookedAt: 0 });
      timer ??= setInterval(look, INTERVAL_MS).unref();
    },
    forget: (instanceId) => void pending.delete(instanceId),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Whether the job may still change what is in the directory of its socket. */
export function isSealed({ path, account }: Unsealed): boolean {
  return lstatSync(dirname(path), { throwIfNoEntry: false })?.uid !== account.uid;
}

/** What is there is judged only when the job cannot change it any more. */
function trySeal({ path, account }: Unsealed): 'waiting' | 'sealed' | 'forged' {
  const directory = dirname(path);
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return 'waiting';
    chownSync(directory, 0, 0);
    chmodSync(directory, 0o700);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSocket() && found.uid === account.uid) return 'sealed';
    if (found !== undefined) return 'forged';
    chownSync(directory, account.uid, account.gid);
    return 'waiting';
  } catch {
    // The instance was removed in this moment.
    return 'waiting';
  }
}
