import { setTimeout as sleep } from 'node:timers/promises';

/** Waits. Rejects with the signal's own reason when it is aborted. */
export async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
