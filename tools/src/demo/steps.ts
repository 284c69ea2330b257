import { presentDuration } from '../steps/present-duration.ts';

/** Says what the demo does, and how long each step took. */
export interface Steps {
  run<T>(title: string, action: () => Promise<T>): Promise<T>;
}

/**
 * Counts and times the steps.
 *
 * @param count - how many there will be.
 * @param signal - aborted when the user does not want to go on.
 */
export function createSteps(count: number, signal: AbortSignal): Steps {
  let index = 0;
  return {
    async run(title, action) {
      signal.throwIfAborted();
      index += 1;
      const startedAt = performance.now();
      console.log(`\n[${index}/${count}] ${title}`);
      const result = await action();
      signal.throwIfAborted();
      console.log(`      done in ${presentDuration(performance.now() - startedAt)}`);
      return result;
    },
  };
}
