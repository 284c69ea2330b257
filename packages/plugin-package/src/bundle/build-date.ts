import { PlatformError } from '@racetrack-platform/errors';

/** Last second of the year 9999, the last one that fits the format. */
const MAX_EPOCH_SECONDS = 253_402_300_799;

/**
 * Reads `SOURCE_DATE_EPOCH`, by which reproducible builds are told their date (reproducible-builds.org/specs).
 *
 * @param text - whole seconds since the epoch; empty and `undefined` mean that nothing is set.
 * @returns milliseconds.
 * @throws PlatformError `CONFIG_INVALID`.
 */
export function parseSourceDateEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_EPOCH_SECONDS) return seconds * 1_000;
  throw new PlatformError('CONFIG_INVALID', 'SOURCE_DATE_EPOCH is no number of seconds since 1970', {
    hint: 'Set it to something like 1767225600, or unset it.',
  });
}

/** A date as the original's bundler writes it: UTC, `YYYY-MM-DDTHHMMSSZ`. */
export function formatBuildDate(milliseconds: number): string {
  return new Date(milliseconds)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
}
