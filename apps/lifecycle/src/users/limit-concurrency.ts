import { PlatformError } from '@racetrack-platform/errors';

/**
 * Lets a few pieces of work run at a time, keeps some waiting, and refuses the rest at once.
 *
 * @param limits - `running` at a time; `waiting` beside them.
 * @returns a function that runs work in its turn; it throws `SERVER_BUSY` when too many wait already.
 */
export function limitConcurrency(limits: { running: number; waiting: number }) {
  const queue: (() => void)[] = [];
  let running = 0;

  return async function run<T>(work: () => Promise<T>): Promise<T> {
    if (running >= limits.running) {
      if (queue.length >= limits.waiting) {
        throw new PlatformError('SERVER_BUSY', 'too many sign-ins at a time', {
          hint: 'Try again in a moment.',
        });
      }
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // The next one takes over the place, so that nobody can slip in between.
      const next = queue.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
