import type { DeploymentSecrets } from './deployment-secrets.ts';

/**
 * Takes user and password out of `git.remote`: the manifest is shown to everybody who may read the job, and secrets
 * are sealed.
 *
 * @param manifest - as submitted, unvalidated; it is not changed.
 * @returns the manifest without credentials in it, and what was in it.
 */
export function takeRemoteCredentials(manifest: Readonly<Record<string, unknown>>): {
  readonly submitted: Readonly<Record<string, unknown>>;
  readonly credentials: DeploymentSecrets['gitCredentials'];
} {
  const { git } = manifest;
  const remote = isRecord(git) ? git['remote'] : undefined;
  if (!isRecord(git) || typeof remote !== 'string' || !URL.canParse(remote)) {
    return { submitted: manifest, credentials: null };
  }
  const url = new URL(remote);
  if (url.username === '' && url.password === '') return { submitted: manifest, credentials: null };
  const credentials = { username: decode(url.username), password: decode(url.password) };
  url.username = '';
  url.password = '';
  return { submitted: { ...manifest, git: { ...git, remote: url.href } }, credentials };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is no valid percent-encoding is meant as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
