import { PlatformError } from '@racetrack-platform/errors';

/**
 * Joins path segments, each percent-encoded, so that no name can reach another route (RFC 3986, 3.3).
 *
 * @param segments - unencoded, at least one.
 * @returns the path with a leading slash.
 * @throws {@link PlatformError} `BAD_REQUEST` for an empty segment, `.` or `..`: URL parsers fold those away.
 */
export function encodePath(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeSegment(segment)}`).join('');
}

function encodeSegment(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..') {
    throw new PlatformError('BAD_REQUEST', `"${segment}" cannot be a part of a request path`, {
      hint: 'Check the name and version in the command.',
    });
  }
  return encodeURIComponent(segment);
}
