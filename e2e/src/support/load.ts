import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadResult {
  readonly calls: number;
  /** What went wrong, call by call; empty when nothing did. */
  readonly failures: readonly string[];
  /** How often each answer came. */
  readonly answers: ReadonlyMap<string, number>;
}

/**
 * Calls again and again until it is stopped, one call after the other in each of a few lanes.
 *
 * @param call - one call; anything but status 200 is a failure.
 * @returns the way to stop, which answers what happened.
 */
export function startLoad(call: () => Promise<Response>, lanes = 4): () => Promise<LoadResult> {
  const failures: string[] = [];
  const answers = new Map<string, number>();
  let calls = 0;
  const stopped = new AbortController();
  const lane = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const response = await call();
        const body = await response.text();
        if (response.status !== 200) failures.push(`${response.status} ${body}`);
        answers.set(body, (answers.get(body) ?? 0) + 1);
      } catch (error) {
        failures.push(String(error));
      }
      calls += 1;
      await sleep(2);
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, lane));
  return async () => {
    stopped.abort();
    await all;
    return { calls, failures, answers };
  };
}
