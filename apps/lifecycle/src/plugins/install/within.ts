import { PlatformError } from '@racetrack-platform/errors';

/**
 * Runs work that has to end in time.
 *
 * @param what - begins the message when it does not.
 * @throws PlatformError `PLUGIN_UNAVAILABLE` when the work gives up because of that.
 */
export async function within<T>(
  what: string,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const error = new PlatformError('PLUGIN_UNAVAILABLE', `${what} took longer than ${limitMs / 1_000} s`, {
    hint: 'Try again; if it happens again, look at the platform log.',
  });
  const timer = setTimeout(() => controller.abort(error), limitMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
