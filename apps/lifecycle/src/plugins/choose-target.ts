import { PlatformError } from '@racetrack-platform/errors';
import type { KnownPlugin } from './set/plugin-set.ts';

export interface AvailableTarget {
  readonly name: string;
  readonly runs: 'native' | 'container';
  /** The plugin that brings it. */
  readonly provider: {
    readonly origin: KnownPlugin['origin'];
    readonly installed: { readonly installedAt: number } | null;
  };
}

/**
 * Chooses where a job runs: the manifest's word, else the configured default, else the target that was there first. So
 * jobs that name none go on as before when a second target is installed, where Racetrack 2.36 refuses them.
 *
 * @throws PlatformError `TARGET_UNAVAILABLE`.
 */
export function chooseTarget(
  available: readonly AvailableTarget[],
  requested: string | null,
  fallback: string | null,
): AvailableTarget {
  const [first] = available.toSorted((a, b) => rank(a) - rank(b));
  if (first === undefined) {
    throw new PlatformError(
      'TARGET_UNAVAILABLE',
      'No infrastructure targets available. Install appropriate plugin.',
      {
        hint: 'An administrator installs a plugin that brings one: racetrack plugin install FILE.zip (or a URL, or github.com/OWNER/REPO).',
      },
    );
  }
  if (requested === null && available.length === 1) return first;
  const wanted = requested ?? fallback ?? first.name;
  const names = available.map((target) => target.name).sort();
  const found = available.find((target) => target.name === wanted);
  if (found) return found;
  throw new PlatformError(
    'TARGET_UNAVAILABLE',
    `Selected infrastructure target "${wanted}" is unavailable. Available are {${names.join(', ')}}.`,
    { hint: `Name one that there is: ${names.join(', ')}. Others come with plugins.` },
  );
}

/** What comes with the platform was there before what somebody has installed. */
function rank({ provider: { origin, installed } }: AvailableTarget): number {
  return installed?.installedAt ?? (origin === 'bundled' ? 0 : 1);
}
