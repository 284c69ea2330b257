import type { LifecycleClient, PluginAnswer } from '@racetrack-platform/client';
import { PlatformError, suggestWord } from '@racetrack-platform/errors';
import { compareVersions, isStable, parseVersion } from '@racetrack-platform/manifest';

/** One plugin of the server, and what kind of server it is. */
export interface FoundPlugin {
  readonly name: string;
  readonly version: string;
  readonly plugin: PluginAnswer;
  /** `false`: a server of the original, which tells nothing but manifests. */
  readonly isDescribed: boolean;
}

/**
 * Finds a plugin of the server by name.
 *
 * @param version - exact; left out: the highest, stable ones first.
 * @param isPreferred - comes before that.
 * @throws PlatformError `NOT_FOUND`, with what there is.
 */
export async function findPlugin(
  client: Pick<LifecycleClient, 'listPlugins'>,
  name: string,
  version: string | undefined,
  signal: AbortSignal,
  isPreferred: (plugin: PluginAnswer) => boolean = () => false,
): Promise<FoundPlugin> {
  const { plugins, isDescribed } = await client.listPlugins({ signal });
  const named = plugins.filter(({ manifest }) => manifest.name === name);
  const plugin =
    version === undefined
      ? (named.find(isPreferred) ?? named.toSorted(byVersionHighestFirst)[0])
      : named.find(({ manifest }) => manifest.version === version);
  if (plugin !== undefined) return { name, version: plugin.manifest.version, plugin, isDescribed };
  const versions = named.map(({ manifest }) => manifest.version);
  if (versions.length > 0) {
    throw new PlatformError('NOT_FOUND', `plugin ${name} ${version} is not installed`, {
      hint: `Installed: ${versions.join(', ')}.`,
    });
  }
  const similar = suggestWord(name, [...new Set(plugins.map(({ manifest }) => manifest.name))]);
  throw new PlatformError('NOT_FOUND', `no plugin ${name} is installed`, {
    hint:
      similar === undefined
        ? 'See racetrack plugin list.'
        : `Did you mean ${similar}? See racetrack plugin list.`,
  });
}

/**
 * @throws PlatformError `NOT_SUPPORTED` for a server of the original.
 */
export function assertDescribed({ isDescribed }: Pick<FoundPlugin, 'isDescribed'>, what: string): void {
  if (isDescribed) return;
  throw new PlatformError('NOT_SUPPORTED', `this server does not offer ${what}`, {
    hint: 'It is one of the original Racetrack, whose plugins never change by themselves.',
  });
}

function byVersionHighestFirst(a: PluginAnswer, b: PluginAnswer): number {
  const [left, right] = [parseVersion(a.manifest.version), parseVersion(b.manifest.version)];
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  return Number(isStable(right)) - Number(isStable(left)) || compareVersions(right, left);
}
