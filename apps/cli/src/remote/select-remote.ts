import { scrub } from '@racetrack-platform/errors';
import type { ClientConfig } from '../config-file/client-config.ts';
import type { CliSettings } from '../config.ts';
import type { Log } from '../output/log.ts';
import { isBareWord, resolveRemote } from './resolve-remote.ts';

/** The server that a command talks to. */
export interface Remote {
  /** Resolved URL of lifecycle. */
  readonly url: string;
  /** What the user wrote: a URL or an alias. */
  readonly name: string;
  readonly source: 'option' | 'environment' | 'config';
}

/**
 * Selects the remote: `--remote`, else RACETRACK_REMOTE, else the current one of the configuration.
 *
 * @param option - the value of `--remote`, empty counts as absent.
 * @throws `PlatformError` `USAGE` when it cannot be an address.
 */
export function selectRemote(
  deps: { readonly log: Log; readonly settings: Pick<CliSettings, 'remote'>; readonly config: ClientConfig },
  option: string | undefined,
): Remote {
  const { log, settings, config } = deps;
  const given = option === undefined || option === '' ? undefined : option;
  const name = given ?? settings.remote ?? config.lifecycle_url;
  const aliases = config.lifecycle_url_aliases;
  const url = resolveRemote(name, aliases);
  if (isBareWord(name) && !Object.hasOwn(aliases, name)) warnAboutTypo(log, name, Object.keys(aliases));
  return { url, name, source: sourceOf(given, settings.remote) };
}

/** Says which server is meant, unless the command line names it. */
export function announceRemote(log: Log, remote: Remote): void {
  if (remote.source === 'option') return;
  const origin = remote.source === 'environment' ? `${remote.name}, from RACETRACK_REMOTE` : remote.name;
  const suffix = remote.name === remote.url ? '' : ` (${scrub(origin)})`;
  log.info(`Using current remote: ${scrub(remote.url)}${suffix}`);
}

/** The option that makes another command reach the same server; empty when it needs none. */
export function remoteFlag(remote: Remote): string {
  return remote.source === 'option' ? ` --remote ${scrub(remote.name)}` : '';
}

function sourceOf(option: string | undefined, environment: string | undefined): Remote['source'] {
  if (option !== undefined) return 'option';
  return environment === undefined ? 'config' : 'environment';
}

function warnAboutTypo(log: Log, name: string, aliases: readonly string[]): void {
  const known = aliases.length === 0 ? 'there are none' : `known: ${[...aliases].sort().join(', ')}`;
  log.warn(`"${name}" is not an alias (${known}), so it is taken as the name of a host`);
}
