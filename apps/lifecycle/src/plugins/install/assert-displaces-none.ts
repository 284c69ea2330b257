import { PlatformError } from '@racetrack-platform/errors';
import type { PluginDescription } from '@racetrack-platform/plugin-engine';
import type { PluginSet } from '../set/plugin-set.ts';

/** A plugin that is about to be installed. */
interface Candidate {
  readonly name: string;
  readonly description: Pick<PluginDescription, 'jobTypes' | 'targets'>;
}

/**
 * Takes care that nobody takes the place of what comes with the platform by accident: jobs go on with what they know.
 *
 * @throws PlatformError `ALREADY_EXISTS` for a plugin of the same name, and for a job type or target that a plugin of the
 *   platform brings already.
 */
export function assertDisplacesNone(
  set: Pick<PluginSet, 'list' | 'jobTypes' | 'targets'>,
  { name, description }: Candidate,
): void {
  const hint = `Choose another one, or install it with --replace if it is to take the place of the platform's own.`;
  const twin = set.list().find((plugin) => plugin.origin !== 'installed' && plugin.name === name);
  if (twin !== undefined) {
    throw new PlatformError('ALREADY_EXISTS', `a plugin ${name} comes with the platform`, { hint });
  }
  const offered = [
    ...set.jobTypes().map(({ fullName, provider }) => ({ what: `job type ${fullName}`, provider })),
    ...set.targets().map((target) => ({ what: `target ${target.name}`, provider: target.provider })),
  ];
  const wanted = new Set([
    ...description.jobTypes.map((jobType) => `job type ${jobType.name}:${jobType.version}`),
    ...description.targets.map((target) => `target ${target.name}`),
  ]);
  const taken = offered.find(({ what, provider }) => provider.origin !== 'installed' && wanted.has(what));
  if (taken === undefined) return;
  throw new PlatformError(
    'ALREADY_EXISTS',
    `${taken.what} comes with the platform, from its plugin ${taken.provider.name}`,
    { hint },
  );
}
