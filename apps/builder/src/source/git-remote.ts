import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '@racetrack-platform/errors';

export interface GitCredentials {
  readonly username: string;
  readonly password: string;
}

/** A remote that may be fetched. `address` is what git gets; it holds no credentials and starts no option. */
export type GitRemote =
  | {
      readonly kind: 'https';
      readonly address: string;
      /** Scheme, host and port: the only place that credentials are for. */
      readonly origin: string;
      readonly credentials: GitCredentials | null;
    }
  | { readonly kind: 'local'; readonly address: string };

/**
 * Parses the remote of a manifest.
 *
 * Credentials inside the URL are taken out of it; those given apart win. Query and fragment are dropped, as Racetrack
 * 2.36 does.
 *
 * @throws PlatformError `SOURCE_REFUSED` for any other kind of remote than `https`, and for local ones unless allowed.
 */
export function parseGitRemote(
  remote: string,
  options: { readonly allowLocalGit: boolean; readonly credentials: GitCredentials | null },
): GitRemote {
  const text = remote.trim();
  if (isAbsolute(text) || /^file:/i.test(text)) return parseLocal(text, options.allowLocalGit);
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:') throw refuseKind(text);
  const url = new URL(text);
  const credentials = options.credentials ?? readUserInfo(url);
  if (credentials !== null) assertUsable(credentials);
  return { kind: 'https', address: `${url.origin}${url.pathname}`, origin: url.origin, credentials };
}

function parseLocal(text: string, isAllowed: boolean): GitRemote {
  if (!isAllowed) {
    throw new PlatformError('SOURCE_REFUSED', `this server does not build from local repositories: ${text}`, {
      hint: 'Use an https remote, or set RACETRACK_GIT_ALLOW_LOCAL=true on the server.',
    });
  }
  const path = isAbsolute(text) ? text : localPath(text);
  if (path.includes('\0')) throw refuseKind(text);
  return { kind: 'local', address: path };
}

function localPath(text: string): string {
  try {
    return fileURLToPath(text);
  } catch {
    throw refuseKind(text);
  }
}

function refuseKind(text: string): PlatformError {
  const isSsh = /^ssh:/i.test(text) || /^[^/:]+@[^/:]+:/.test(text);
  return new PlatformError('SOURCE_REFUSED', `git.remote is not an https URL: ${text}`, {
    hint: isSsh
      ? 'Write the remote as https://HOST/PATH, and give access with racetrack set credentials.'
      : 'Write the remote as https://HOST/PATH.',
  });
}

function readUserInfo(url: URL): GitCredentials | null {
  if (url.username === '' && url.password === '') return null;
  return { username: decode(url.username), password: decode(url.password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Git reads credentials line by line (git-credential, "Input/output format"). */
function assertUsable({ username, password }: GitCredentials): void {
  // oxlint-disable-next-line no-control-regex -- these are the ones that end a line
  if (!/[\u0000\n\r]/.test(username + password)) return;
  throw new PlatformError('SOURCE_REFUSED', 'the git credentials contain a line break', {
    hint: 'Store them again with racetrack set credentials.',
  });
}
