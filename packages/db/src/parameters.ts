import { PlatformError } from '@racetrack-platform/errors';

/** What both databases store alike. */
export type Parameter = string | number | bigint | null | Uint8Array;

/**
 * Checks a query parameter. SQLite would store a `Date` as NULL, PostgreSQL would turn it into text of the local zone,
 * and each has its own idea of booleans and objects: these are mistakes of ours, named here.
 *
 * @throws TypeError for a value that has to go through the codec; PlatformError `BAD_REQUEST` for a text with a NUL,
 *   which PostgreSQL cannot hold and which came from outside.
 */
export function toParameter(value: unknown): Parameter {
  if (typeof value === 'string') {
    if (!value.includes('\0')) return value;
    throw new PlatformError('BAD_REQUEST', 'a text with a NUL character cannot be stored', {
      hint: 'Remove the NUL character (U+0000) and try again.',
    });
  }
  if (value === null || typeof value === 'bigint' || value instanceof Uint8Array) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`a ${typeof value} that is no plain value cannot be stored as it is: use the codec`);
}
