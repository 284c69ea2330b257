import { normalizeEndpoint } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';

// oxlint-disable-next-line no-control-regex -- finding them is the point
const CONTROL_OR_BACKSLASH = /[\u0000-\u001f\u007f\\]/;

/**
 * Spells an endpoint as pub does before it decides: escapes are decoded, except those of `/` and `%`, so that `/a%2Fb`
 * never counts as lying below `/a`.
 *
 * @param tail - what follows the version in a request's path, as it came; empty, or starting with `/`.
 * @throws PlatformError `BAD_REQUEST` for a path that pub and a job could read differently.
 */
export function readEndpoint(tail: string): string {
  const segments = tail.split('/').map(decodeSegment);
  return normalizeEndpoint(segments.join('/'));
}

function decodeSegment(segment: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    throw refuse('it holds a broken escape');
  }
  if (CONTROL_OR_BACKSLASH.test(decoded)) throw refuse('it contains a control character or a backslash');
  // A parameter after a semicolon does not hide it.
  if (/^\.{1,2}(?:;|$)/.test(decoded)) throw refuse('it contains a dot segment');
  return decoded.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function refuse(reason: string): PlatformError {
  return new PlatformError('BAD_REQUEST', `the path is refused: ${reason}`, {
    hint: 'Send the path in its simplest spelling.',
  });
}
