import { PlatformError } from '@racetrack-platform/errors';

/**
 * Waits for a promise, but not longer than a limit; what it waits for goes on.
 *
 * @param what - for the error: `WHAT took longer than N s`.
 * @throws PlatformError `STORE_UNAVAILABLE` at the limit.
 */
export async function withTimeLimit<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new PlatformError('STORE_UNAVAILABLE', `${what} took longer than ${Math.round(limitMs / 1000)} s`, {
          hint: 'Try again; if it stays so, look at the load of the database.',
        }),
      );
    }, limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
