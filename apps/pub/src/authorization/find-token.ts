import { AUTH_HEADERS } from '@racetrack-platform/contracts/processes';

/** Reads one header by its lower-case name. */
export type ReadHeader = (name: string) => string | undefined;

/** Cookies that carry a token: the session cookie and the older names, as browsers send them. */
const AUTH_COOKIES: ReadonlyMap<string, string> = new Map([
  ['x-racetrack-auth', 'X-Racetrack-Auth'],
  ['x-racetrack-esc-auth', 'X-Racetrack-Esc-Auth'],
  ['x-racetrack-user-auth', 'X-Racetrack-User-Auth'],
]);
const AUTH_COOKIE_NAMES: ReadonlySet<string> = new Set(AUTH_COOKIES.values());

/**
 * Finds the caller's token; for each name the header comes before the cookie.
 *
 * @returns `undefined` when there is none, or only empty ones.
 */
export function findToken(readHeader: ReadHeader): string | undefined {
  const cookies = readHeader('cookie');
  for (const name of AUTH_HEADERS) {
    const header = readHeader(name);
    if (header !== undefined && header !== '') return header;
    if (cookies === undefined) continue;
    const cookie = findCookie(cookies, AUTH_COOKIES.get(name) ?? name);
    if (cookie !== undefined && cookie !== '') return cookie;
  }
  return undefined;
}

/**
 * Removes the cookies that carry a token; all others stay as they are (RFC 6265, 4.2.1).
 *
 * @param cookies - the value of a `Cookie` header.
 * @returns `undefined` when nothing is left.
 */
export function stripAuthCookies(cookies: string): string | undefined {
  const pairs = cookies.split(';');
  const kept = pairs.filter((pair) => !AUTH_COOKIE_NAMES.has(nameOf(pair)));
  if (kept.length === pairs.length) return cookies;
  const rest = kept.join(';').trim();
  return rest === '' ? undefined : rest;
}

function findCookie(cookies: string, name: string): string | undefined {
  const pair = cookies.split(';').find((candidate) => nameOf(candidate) === name);
  if (pair === undefined) return undefined;
  return percentDecode(unquote(pair.slice(pair.indexOf('=') + 1).trim()));
}

function nameOf(pair: string): string {
  const equalsAt = pair.indexOf('=');
  return equalsAt === -1 ? '' : pair.slice(0, equalsAt).trim();
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** Lifecycle writes the cookie's value percent-encoded. */
function percentDecode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
