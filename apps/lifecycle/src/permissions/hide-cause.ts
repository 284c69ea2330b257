import { PlatformError } from '@racetrack-platform/errors';

/** Refusals whose cause pubs of Racetrack 2.36 would pass on to callers. */
const HIDDEN: ReadonlySet<string> = new Set(['NOT_AUTHENTICATED', 'PERMISSION_DENIED']);

/**
 * Keeps the first part of a refusal's text, up to the first `: `; of a denial not even the hint, which tells the
 * missing permission. Other errors stay.
 *
 * @param error - anything thrown.
 * @param isShown - whether the cause is shown all the same (`RACETRACK_AUTH_DEBUG`).
 */
export function hideCause(error: unknown, isShown: boolean): unknown {
  if (isShown || !PlatformError.is(error) || !HIDDEN.has(error.code)) return error;
  const [text = ''] = error.message.split(': ', 1);
  const hint =
    error.code === 'PERMISSION_DENIED'
      ? 'Why: `racetrack permission explain`, run by the caller or by an administrator.'
      : error.hint;
  return new PlatformError(error.code, text, { hint });
}
