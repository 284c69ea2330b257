import { isIP } from 'node:net';
import { PlatformError } from '@racetrack-platform/errors';
import type { BuilderConfig } from '../../config.ts';
import type { GitRemote } from '../git-remote.ts';
import { createAddressPolicy } from '@racetrack-platform/sandbox';
import type { TunnelFailure } from './guarded-proxy.ts';

/** The way of one build's git commands to their remote. */
export interface GitNetwork extends AsyncDisposable {
  /** Variables for git. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds that the other side may be silent. */
  readonly timeoutMs: number;
  /** What stood in the way of a command that failed, when it was the network; git itself knows less. */
  readonly explainFailure: () => PlatformError | undefined;
}

export interface GitNetworkOptions {
  /** As in `BuildRequest`. */
  readonly allowPrivate: readonly string[];
  readonly gitTimeoutMs: number;
}

/**
 * Opens the way to a remote: through a proxy of our own that connects to allowed addresses only, or through the
 * server's proxy, which resolves names itself and decides for itself.
 *
 * @throws PlatformError `SOURCE_REFUSED` for a literal address that is private and not allowed.
 */
export async function openGitNetwork(
  config: Pick<BuilderConfig, 'gitEnv'>,
  remote: GitRemote,
  { allowPrivate, gitTimeoutMs: timeoutMs }: GitNetworkOptions,
): Promise<GitNetwork> {
  const open = { env: {}, timeoutMs, explainFailure: () => undefined, [Symbol.asyncDispose]: async () => {} };
  if (remote.kind === 'local') return open;
  const policy = createAddressPolicy(allowPrivate);
  const host = new URL(remote.address).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !policy.allows(host, host)) throw presentFailure({ kind: 'refused', host }, remote);
  const serverProxy = findServerProxy(config.gitEnv, host);
  // No exceptions from it: a redirect to one of those would go past every check.
  if (serverProxy !== undefined) return { ...open, env: { no_proxy: '', NO_PROXY: '' } };

  // Loaded here: local repositories and cached sources need no HTTP.
  const { startGuardedProxy } = await import('./guarded-proxy.ts');
  const proxy = await startGuardedProxy({ policy, answerMs: timeoutMs });
  return {
    env: {
      ...Object.fromEntries(PROXY_VARIABLES.map((name) => [name, proxy.url])),
      no_proxy: '',
      NO_PROXY: '',
      GIT_HTTP_PROXY_AUTHMETHOD: 'basic',
    },
    timeoutMs,
    explainFailure: () => (proxy.failure === undefined ? undefined : presentFailure(proxy.failure, remote)),
    [Symbol.asyncDispose]: async () => await proxy[Symbol.asyncDispose](),
  };
}

const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];

/** The proxy that git would take for this host: the first variable that is set, unless the host is an exception. */
function findServerProxy(env: Readonly<Record<string, string>>, host: string): string | undefined {
  const proxy = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']
    .map((name) => env[name])
    .find((value) => value !== undefined && value !== '');
  const exceptions = (env['no_proxy'] ?? env['NO_PROXY'] ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  return exceptions.some((entry) => isException(entry.toLowerCase(), host.toLowerCase())) ? undefined : proxy;
}

/** A name stands for itself and all below it (curl, CURLOPT_NOPROXY). */
function isException(entry: string, host: string): boolean {
  const name = entry.replace(/^\*?\./, '');
  return entry === '*' || host === name || host.endsWith(`.${name}`);
}

function presentFailure({ kind, host }: TunnelFailure, { address }: GitRemote): PlatformError {
  const place =
    new URL(address).hostname.replace(/^\[|\]$/g, '') === host ? host : `${host}, where ${address} leads,`;
  switch (kind) {
    case 'refused':
      return new PlatformError(
        'SOURCE_REFUSED',
        `git.remote: ${place} is in a private network, and this server does not fetch from there`,
        {
          hint: `Use a public address, or allow this one on the server: RACETRACK_GIT_ALLOW_PRIVATE=${host} (a list of names and address ranges, or true for all).`,
        },
      );
    case 'unknown-host':
      return unavailable(`host unreachable: the name ${place} is unknown to the server`, {
        hint: 'Check git.remote and the name resolution of the server.',
      });
    case 'unreachable':
      return unavailable(`host unreachable: no connection to ${place} for ${address}`, {
        hint: 'Check git.remote, and the network and proxy settings of the server.',
      });
    case 'silent':
      return unavailable(`host unreachable: ${place} does not answer in time`, {
        hint: 'Try again; check the network and proxy settings of the server.',
      });
    case 'too-large':
      return unavailable(`the repository is too large: ${place} sends more than this server takes`, {
        hint: 'Keep large files elsewhere, or deploy only the directory of the job as a local build context.',
      });
  }
}

function unavailable(message: string, options: { readonly hint: string }): PlatformError {
  return new PlatformError('SOURCE_UNAVAILABLE', message, options);
}
