import type { AllowedCall } from '../routing/decide-call.ts';

/** What one job is called by on either side of pub. */
export interface Addresses {
  /** What the job saw in `Host`. */
  readonly host: string;
  /** Where the job believes to be, such as `/pub/job/adder/1.0.0`. */
  readonly jobPrefix: string;
  /** Where the client sees it, such as `/pub/job/adder/latest`. */
  readonly clientPrefix: string;
  /** Whether the client asked for the prefix itself, without a slash behind it. */
  readonly isBare: boolean;
}

/** Scheme and authority of a URL reference, or the authority alone (RFC 3986, 4.2). */
const AUTHORITY = /^(?:https?:)?\/\/([^/?#\\]*)/i;
/** What may follow the end of a segment. */
const SEGMENT_END = /^(?:[/?#]|$)/;

export function addressesOf({ job, path, prefix }: AllowedCall, host: string): Addresses {
  const rest = path.slice(job.prefix.length);
  return { host, jobPrefix: job.prefix, clientPrefix: prefix, isBare: rest === '' || rest.startsWith('?') };
}

/**
 * Makes a redirect lead to where the client sees the job: relative when it points at the job's own host, which clients
 * cannot reach, and below the alias that the client has asked for. Redirects to anywhere else pass unchanged.
 *
 * @param location - the job's `Location` (RFC 9110, 10.2.2).
 */
export function rewriteLocation(location: string, addresses: Addresses): string {
  const local = dropHost(location, addresses.host);
  const { jobPrefix, clientPrefix, isBare } = addresses;
  if (jobPrefix === clientPrefix) return local;
  if (isBelow(local, jobPrefix)) return clientPrefix + local.slice(jobPrefix.length);
  const relative = local.startsWith('./') ? local.slice('./'.length) : local;
  const version = lastSegment(jobPrefix);
  if (!isBare || !isBelow(relative, version)) return local;
  return `./${lastSegment(clientPrefix)}${relative.slice(version.length)}`;
}

function dropHost(location: string, host: string): string {
  const match = AUTHORITY.exec(location);
  if (match?.[1]?.toLowerCase() !== host.toLowerCase()) return location;
  // Browsers drop tabs and line breaks before they look for slashes (WHATWG URL, 4.4).
  const rest = location.slice(match[0].length).replaceAll(/[\t\n\r]/g, '');
  if (!rest.startsWith('/') && !rest.startsWith('\\')) return `/${rest}`;
  // A relative reference that starts with two slashes would name a foreign host (RFC 3986, 4.2).
  return /^[/\\][/\\]/.test(rest) || rest.startsWith('\\') ? `/.${rest}` : rest;
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && SEGMENT_END.test(path.slice(prefix.length));
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
