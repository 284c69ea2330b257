import { PlatformError } from '@racetrack-platform/errors';
import { satisfies } from 'semver';
import type { PluginManifest } from './plugin-manifest.ts';

/** Whether a plugin's range holds this version of Racetrack; without a range every version will do. */
export function isCompatible({ racetrack }: Pick<PluginManifest, 'racetrack'>, version: string): boolean {
  return racetrack === null || satisfies(version, racetrack, { includePrerelease: true });
}

/**
 * Refuses a plugin that says itself that it was not made for this platform.
 *
 * @param version - the version of Racetrack whose plugins this platform takes, `X.Y.Z`.
 * @throws PlatformError `PLUGIN_INCOMPATIBLE`.
 */
export function assertCompatible(
  manifest: Pick<PluginManifest, 'name' | 'version' | 'racetrack'>,
  version: string,
): void {
  if (isCompatible(manifest, version)) return;
  throw new PlatformError(
    'PLUGIN_INCOMPATIBLE',
    `plugin ${manifest.name} ${manifest.version} works with Racetrack ${manifest.racetrack}, and this is ${version}`,
    {
      hint: 'Install a version of the plugin that was made for this one, or ask its author to widen "racetrack" in plugin-manifest.yaml.',
    },
  );
}
