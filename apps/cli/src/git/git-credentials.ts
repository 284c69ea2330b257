import type { ClientConfig } from '../config-file/client-config.ts';

type Credentials = ClientConfig['git_credentials'][string];

interface Address {
  /** Undefined when the key names only a host. */
  readonly scheme: string | undefined;
  /** Host and port in lower case, without user and default port. */
  readonly host: string;
  readonly segments: readonly string[];
}

/**
 * Finds the credentials for a repository: of all stored keys that cover its address, the longest. A key is a
 * repository, a group of them, or a host, with or without scheme; `.git`, a trailing slash, letter case of the host, a
 * default port and a user in the address make no difference.
 *
 * @param remote - `git.remote` of the manifest.
 */
export function findGitCredentials(
  stored: ClientConfig['git_credentials'],
  remote: string,
): Credentials | undefined {
  const target = parseAddress(remote);
  if (target?.scheme === undefined) return undefined;
  let best: { readonly credentials: Credentials; readonly rank: number } | undefined;
  for (const [key, credentials] of Object.entries(stored)) {
    const address = parseAddress(key);
    if (address === undefined || !covers(address, target)) continue;
    const rank = address.segments.length * 2 + (address.scheme === undefined ? 0 : 1);
    if (best === undefined || rank > best.rank) best = { credentials, rank };
  }
  return best?.credentials;
}

/** The key under which credentials or an alias are stored: without slashes at the end of the path. */
export function trimRepositoryUrl(url: string): string {
  const [, before = '', path = '', rest = ''] = /^((?:[^:/?#]+:\/\/)?[^/?#]*)([^?#]*)(.*)$/s.exec(url) ?? [];
  return before + path.replace(/\/+$/, '') + rest;
}

function covers(key: Address, target: Address): boolean {
  // A password for a host without scheme is meant for the encrypted one.
  if ((key.scheme ?? 'https') !== target.scheme || key.host !== target.host) return false;
  return key.segments.every((segment, index) => segment === target.segments[index]);
}

function parseAddress(text: string): Address | undefined {
  const hasScheme = text.includes('://');
  const complete = hasScheme ? text : `https://${text}`;
  if (!URL.canParse(complete)) return undefined;
  const { protocol, host, pathname } = new URL(complete);
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1);
  if (last?.endsWith('.git') === true && last !== '.git') segments[segments.length - 1] = last.slice(0, -4);
  return { scheme: hasScheme ? protocol.slice(0, -1) : undefined, host, segments };
}
