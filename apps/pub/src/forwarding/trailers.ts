import { AUTH_HEADERS } from '@racetrack-platform/contracts/processes';
import { foldName } from './fold-name.ts';
import { selectHopByHop, type RawHeaders } from './hop-by-hop.ts';

/** Fields that frame, route or authenticate a message may not come as trailers (RFC 9110, 6.5.1). */
const FORBIDDEN: ReadonlySet<string> = new Set([
  ...AUTH_HEADERS,
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'host',
  'set-cookie',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/**
 * Selects the trailer lines that may travel on.
 *
 * @param ours - lower-case names of the headers that pub itself sets.
 * @returns pairs of name and value, as `addTrailers` takes them.
 */
export function selectTrailers(rawTrailers: RawHeaders, ours: readonly string[]): [string, string][] {
  const isHopByHop = selectHopByHop(undefined);
  const refused = new Set([...FORBIDDEN, ...ours.map(foldName)]);
  const trailers: [string, string][] = [];
  for (let index = 0; index + 1 < rawTrailers.length; index += 2) {
    const name = (rawTrailers[index] ?? '').toLowerCase();
    if (refused.has(foldName(name)) || isHopByHop(name)) continue;
    trailers.push([rawTrailers[index] ?? '', rawTrailers[index + 1] ?? '']);
  }
  return trailers;
}
