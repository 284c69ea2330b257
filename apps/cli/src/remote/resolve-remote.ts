import { LIFECYCLE_PREFIX } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';

/** Scheme, authority, path, and the rest of a URL (RFC 3986, appendix B). */
const URL_PARTS = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/)?([^/?#]*)([^?#]*)(.*)$/s;

/** What people write where a version belongs: `1.0.0`, `v1.2`, `1.x`. An address has four numbers, so it is none. */
const BARE_VERSION = /^v?\d+(?:\.(?:\d+|x)){1,2}(?:[-+][\w.+-]+)?$/i;

/**
 * Completes what a user calls a remote to the URL of lifecycle: an alias is replaced (once), a missing scheme becomes
 * https (http on the loopback interface), a missing path becomes `/lifecycle`.
 *
 * @param text - URL, host, or alias.
 * @param aliases - alias to URL.
 * @throws {@link PlatformError} `USAGE` for what cannot be the address of a server.
 */
export function resolveRemote(text: string, aliases: Readonly<Record<string, string>>): string {
  const target = Object.hasOwn(aliases, text) ? (aliases[text] ?? text) : text;
  const [, scheme, authority = '', path = '', rest = ''] = URL_PARTS.exec(target) ?? [];
  const host = hostOf(authority);
  if (BARE_VERSION.test(target)) throw versionAsRemote(target);
  if (host === '') throw invalidRemote(target, 'it names no host');
  if (rest !== '') throw invalidRemote(target, 'it must not have a query or a fragment');
  if (scheme !== undefined && !/^https?$/i.test(scheme))
    throw invalidRemote(target, 'only http and https are spoken');
  const trimmed = path.replace(/\/+$/, '');
  const url = `${scheme ?? (isLoopbackHost(host) ? 'http' : 'https')}://${authority}${trimmed === '' ? LIFECYCLE_PREFIX : trimmed}`;
  if (!URL.canParse(url)) throw invalidRemote(target, 'it is not a URL');
  return url;
}

/**
 * One text for all ways to write the address of one server: letter case, default ports, `localhost`, `127.0.0.1` and
 * `[::1]`, a trailing slash.
 */
export function canonicalServer(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, hostname, port, pathname } = new URL(url);
  const host = isLoopbackHost(hostname) ? 'localhost' : hostname;
  const path = pathname.replace(/\/+$/, '');
  return `${protocol}//${host}:${port}${path === '' ? LIFECYCLE_PREFIX : path}`;
}

/** Whether a URL points to this machine by name or address. */
export function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}

/** Whether a text could only be an alias with a typo or the name of a host in the local network. */
export function isBareWord(text: string): boolean {
  return /^[\w-]+$/.test(text) && text.toLowerCase() !== 'localhost';
}

function isLoopbackHost(host: string): boolean {
  const lower = host.toLowerCase();
  return lower === 'localhost' || lower === '127.0.0.1' || lower === '[::1]' || lower === '::1';
}

/** The host of an authority, without user and port. */
function hostOf(authority: string): string {
  return authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
}

function versionAsRemote(text: string): PlatformError {
  return new PlatformError('USAGE', `"${text}" cannot be a remote: it looks like a version`, {
    hint: `A version is given as an option: --version ${text}`,
  });
}

function invalidRemote(text: string, reason: string): PlatformError {
  return new PlatformError('USAGE', `"${text}" cannot be a remote: ${reason}`, {
    hint: 'Give a URL such as https://racetrack.example.com/lifecycle, or an alias (racetrack set alias).',
  });
}
