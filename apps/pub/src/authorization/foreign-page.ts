import type { ReadHeader } from './find-token.ts';

/** Extensions of browsers, files and sandboxes have origins as well. */
const WEB: ReadonlySet<string> = new Set(['http:', 'https:']);

/**
 * Whether a page of another origin had a browser make this request, which is no plain `GET` or `HEAD`.
 *
 * Browsers let every page send a form to every address, with the cookies of that address and without asking it first
 * (CSRF), or open a WebSocket and read what comes (cross-site WebSocket hijacking); the receiver has to look at `Origin`
 * (RFC 6455, 10.2), as pages can neither leave it out nor change it. Pages of another port of the same host are of
 * another origin, too; a cookie that is `SameSite` goes with them all the same.
 *
 * @param readHeader - of the request.
 * @param isFromTrustedProxy - whether a proxy may say by which name of ours the page knows us: it may have replaced it.
 */
export function isFromForeignPage(readHeader: ReadHeader, isFromTrustedProxy: () => boolean): boolean {
  const site = readHeader('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = readHeader('origin');
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const { protocol, host } = new URL(origin);
  if (!WEB.has(protocol)) return true;
  if (isSameHost(protocol, readHeader('host') ?? '', host)) return false;
  const former = readHeader('x-forwarded-host');
  if (former === undefined || !isFromTrustedProxy()) return true;
  return !former.split(',').some((name) => isSameHost(protocol, name.trim(), host));
}

/** Without the default port, which some write and some do not. */
function isSameHost(protocol: string, name: string, host: string): boolean {
  const url = `${protocol}//${name}`;
  return name !== '' && URL.canParse(url) && new URL(url).host === host;
}
