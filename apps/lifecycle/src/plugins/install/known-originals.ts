import { PlatformError } from '@racetrack-platform/errors';
import type { PluginManifest } from '@racetrack-platform/plugin-package';

/** The public infrastructure plugins of Racetrack 2.36, and which targets of ours do what they do. */
const KNOWN: ReadonlyMap<string, readonly string[]> = new Map([
  ['docker-infrastructure', ['docker']],
  ['kubernetes-infrastructure', ['kubernetes']],
  ['remote-docker', ['remote-docker', 'remote']],
  ['remote-kubernetes', ['remote-kubernetes', 'remote']],
]);

/** A target that there is, and the plugin that brings it. */
interface AvailableTarget {
  readonly name: string;
  readonly plugin: string;
}

/**
 * Finds the target of ours that answers in place of a target written in Python. Such plugins are written against the
 * inside of Racetrack 2.36 and cannot run here.
 *
 * @returns `null` for a plugin that answers itself.
 * @throws PlatformError `PLUGIN_INCOMPATIBLE` that says what to do instead.
 */
export function findStandIn(
  manifest: Pick<PluginManifest, 'name' | 'category'>,
  language: 'javascript' | 'python',
  targets: readonly AvailableTarget[],
): string | null {
  if (language !== 'python') return null;
  const wanted = KNOWN.get(manifest.name);
  if (wanted === undefined && manifest.category !== 'infrastructure') return null;
  if (wanted === undefined) throw refuseUnknown(manifest.name);
  const found = targets.find(({ name, plugin }) => wanted.includes(name) && plugin !== manifest.name);
  if (found !== undefined) return found.name;
  throw refuseMissing(manifest.name, wanted[0] ?? '', targets);
}

function refuseUnknown(name: string): PlatformError {
  return new PlatformError(
    'PLUGIN_INCOMPATIBLE',
    `plugin ${name} brings an infrastructure target written in Python, which is made of parts of Racetrack 2.36 that are not here`,
    {
      hint: 'Write the target in TypeScript: racetrack plugin init NAME --type target, and docs/reference/plugin-protocol.md.',
    },
  );
}

function refuseMissing(name: string, target: string, targets: readonly AvailableTarget[]): PlatformError {
  const available = targets.map((known) => known.name).join(', ');
  return new PlatformError(
    'PLUGIN_INCOMPATIBLE',
    `plugin ${name} is answered here by a target of the platform's own, ${target}, and that is not loaded`,
    {
      hint: `Install a plugin that brings the target ${target} instead, or deploy to one that there is: ${available || 'none'}.`,
    },
  );
}
