import { setTimeout as sleep } from 'node:timers/promises';

/** Looks often at first; a long wait must not take the processors from what it waits for. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;

/**
 * Repeats a check until it answers something.
 *
 * @param check - `undefined` and `false` mean not yet; what it throws means not yet as well, and is the cause of the
 *   error in the end.
 * @param what - for that error: what was waited for.
 * @returns the first answer.
 */
export async function waitUntil<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  let pauseMs = FIRST_PAUSE_MS;
  do {
    try {
      const answer = await check();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    await sleep(pauseMs);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.3);
  } while (Date.now() < deadline);
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause });
}
