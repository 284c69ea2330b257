import { PlatformError } from '@racetrack-platform/errors';

export interface AvailableTarget {
  readonly name: string;
  readonly runs: 'native' | 'container';
}

/**
 * Chooses where a job runs, by the rules of Racetrack 2.36: the manifest's word, else the only target, else the
 * configured default.
 *
 * @throws PlatformError `TARGET_UNAVAILABLE`.
 */
export function chooseTarget(
  available: readonly AvailableTarget[],
  requested: string | null,
  fallback: string | null,
): AvailableTarget {
  const [only] = available;
  if (only === undefined) {
    throw new PlatformError(
      'TARGET_UNAVAILABLE',
      'No infrastructure targets available. Install appropriate plugin.',
      { hint: 'An administrator starts the server with a plugin that brings one: --plugin DIRECTORY.' },
    );
  }
  if (requested === null && available.length === 1) return only;
  const wanted = requested ?? fallback;
  const names = available.map((target) => target.name).sort();
  if (wanted === null) {
    const list = names.map((name) => `'${name}'`).join(', ');
    throw new PlatformError(
      'TARGET_UNAVAILABLE',
      `Multiple infrastructure targets available: [${list}]. Please pick one.`,
      {
        hint: 'Set `infrastructure_target` in the manifest.',
      },
    );
  }
  const found = available.find((target) => target.name === wanted);
  if (found) return found;
  throw new PlatformError(
    'TARGET_UNAVAILABLE',
    `Selected infrastructure target "${wanted}" is unavailable. Available are {${names.join(', ')}}.`,
    { hint: `Name one that there is: ${names.join(', ')}. Others come with plugins.` },
  );
}
