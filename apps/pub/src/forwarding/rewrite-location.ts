/** Scheme and authority of a URL reference, or the authority alone (RFC 3986, 4.2). */
const AUTHORITY = /^(?:https?:)?\/\/([^/?#\\]*)/i;

/**
 * Makes a redirect relative when it points at the job's own host, which clients cannot reach; redirects to
 * anywhere else pass unchanged.
 *
 * @param location - the job's `Location` (RFC 9110, 10.2.2).
 * @param upstreamHost - what the job saw in `Host`.
 */
export function rewriteLocation(location: string, upstreamHost: string): string {
  const match = AUTHORITY.exec(location);
  if (match?.[1]?.toLowerCase() !== upstreamHost.toLowerCase()) return location;
  const rest = location.slice(match[0].length);
  if (!rest.startsWith('/') && !rest.startsWith('\\')) return `/${rest}`;
  // A relative reference that starts with two slashes would name a foreign host (RFC 3986, 4.2).
  return /^[/\\][/\\]/.test(rest) || rest.startsWith('\\') ? `/.${rest}` : rest;
}
