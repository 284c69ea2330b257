import { createClient, type LifecycleClient } from '@racetrack-platform/client';
import { PlatformError, scrub } from '@racetrack-platform/errors';
import type { CommandContext } from '../command/command-context.ts';
import type { ClientConfig } from '../config-file/client-config.ts';
import { loadConfig } from '../config-file/config-file.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { nodeFetch } from './node-fetch.ts';
import { announceRemote, selectRemote, type Remote } from './select-remote.ts';
import { findToken } from './stored-tokens.ts';

/** A remote, what is needed to talk to it, and the configuration it comes from. */
export interface Session {
  readonly remote: Remote;
  readonly config: ClientConfig;
  readonly client: LifecycleClient;
  /** Empty when the server needs none. */
  readonly token: string;
}

/** Selects the remote and says which it is. Sends nothing, needs no token. */
export async function openRemote(
  context: CommandContext,
  option: string | undefined,
): Promise<Omit<Session, 'token'> & { readonly storedToken: string | undefined }> {
  const settings = await context.settings();
  const config = await loadConfig(context, settings.configPath);
  const remote = selectRemote({ log: context.log, settings, config }, option);
  const storedToken = settings.token ?? findToken(config, remote.url);
  return { remote, config, client: connect(context, remote.url, storedToken), storedToken };
}

/**
 * Does what every command does that talks to lifecycle: selects the remote, says which it is, finds the token. Only
 * without a token it asks the server whether one is needed.
 *
 * @throws {@link PlatformError} `NOT_AUTHENTICATED` when it is.
 */
export async function openSession(context: CommandContext, option: string | undefined): Promise<Session> {
  const { storedToken, ...opened } = await openRemote(context, option);
  announceRemote(context.log, opened.remote);
  if (storedToken !== undefined) return { ...opened, token: storedToken };
  const { auth_required } = await opened.client.info({ signal: context.io.signal });
  if (!auth_required) return { ...opened, token: '' };
  const url = scrub(opened.remote.url);
  throw new PlatformError('NOT_AUTHENTICATED', `authentication error: missing auth token for ${url}`, {
    hint: `Log in with your password: racetrack login --username NAME --remote ${url} – or with a token: racetrack login TOKEN --remote ${url}`,
  });
}

/** Creates a client whose requests show up with `--verbose`. */
export function connect(context: CommandContext, url: string, token: string | undefined): LifecycleClient {
  return createClient({
    url,
    token,
    fetch: nodeFetch,
    onWarning: (text) => context.log.warn(terminalSafe(text, context.io.stderr.isTerminal)),
    onExchange: ({ method, url: target, status, durationMs }) => {
      if (status === 200 && isPolling(method, target)) return;
      context.log.debug(
        `${method} ${scrub(target)}: ${status ?? 'no answer'} in ${Math.round(durationMs)} ms`,
      );
    },
  });
}

/** Looks at a deployment come by the dozen; the phases and the build log say what they found. */
function isPolling(method: string, url: string): boolean {
  return method === 'GET' && url.includes('/api/v1/deploy/');
}
