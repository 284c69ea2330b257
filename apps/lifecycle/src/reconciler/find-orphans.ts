import type { ObservedInstance } from '@racetrack-platform/plugin-sdk';

/** What is younger may belong to a deployment that is only just being written down. */
const GRACE_MS = 60_000;

/**
 * Instances that targets observe and the store does not know. They are reported, never stopped: nobody here knows whose
 * they are.
 *
 * @param known - ids of all instances in the store, read after the targets were asked.
 * @returns their ids, by target.
 */
export function findOrphans(
  observed: ReadonlyMap<string, readonly ObservedInstance[] | undefined>,
  known: ReadonlySet<string>,
  nowMs: number,
): { readonly target: string; readonly instanceId: string }[] {
  return [...observed].flatMap(([target, instances = []]) =>
    instances
      .filter(({ instanceId, state, startedAt }) => {
        return state === 'running' && !known.has(instanceId) && nowMs - startedAt >= GRACE_MS;
      })
      .map(({ instanceId }) => ({ target, instanceId })),
  );
}
