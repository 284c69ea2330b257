import { rm } from 'node:fs/promises';
import { fetchPlugin } from '@racetrack-platform/plugin-package';
import { createAddressPolicy } from '@racetrack-platform/sandbox';
import type { PluginManifestDto } from '@racetrack-platform/contracts';
import type { Actor } from '../../auth/actor.ts';
import { presentManifest } from '../routes/present-plugin.ts';
import { installBundled } from './install-bundled.ts';
import { installPlugin } from './install-plugin.ts';
import type { PluginDeps } from './plugin-deps.ts';
import { within } from './within.ts';

/** What {@link fetchPlugin} does not end by itself. */
const FETCH_MS = 15 * 60_000;
const BUNDLED = /^bundled:(?<name>.*)$/;

/** Where a plugin is, and how it is installed. */
export interface UriRequest {
  readonly uri: string;
  readonly replace: boolean;
  readonly actor: Actor;
}

/**
 * Installs a plugin from a URL, from the releases of a repository on GitHub, or of those that come with the platform.
 *
 * @throws PlatformError those of {@link fetchPlugin} and {@link installPlugin}.
 */
export async function installFromUri(
  deps: PluginDeps,
  { uri, replace, actor }: UriRequest,
): Promise<PluginManifestDto> {
  const name = BUNDLED.exec(uri)?.groups?.['name'];
  if (name !== undefined) return presentManifest((await installBundled(deps, name, actor)).manifest);
  const policy = createAddressPolicy(deps.allowPrivate);
  const fetched = await within(
    'fetching the plugin',
    FETCH_MS,
    async (signal) =>
      await fetchPlugin(uri, {
        directory: deps.uploadsDir,
        githubApi: deps.githubApi,
        isAddressAllowed: policy.allows,
        signal,
      }),
  );
  const { path, fileName: source, source: fetchedFrom } = fetched;
  try {
    return presentManifest(await installPlugin(deps, { path, source, replace, actor, fetchedFrom }));
  } finally {
    if (fetched.isDownload) await rm(path, { force: true });
  }
}
