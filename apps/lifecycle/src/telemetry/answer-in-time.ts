import { setTimeout as delay } from 'node:timers/promises';

/** A scrape waits no longer for a figure. */
const TIMEOUT_MS = 2_000;

/** `undefined` when the store does not answer in time: a gauge without a value is better than one that may be wrong. */
export async function answerInTime<T>(ask: () => Promise<T>): Promise<T | undefined> {
  return await Promise.race([ask().catch(() => undefined), delay(TIMEOUT_MS, undefined, { ref: false })]);
}
