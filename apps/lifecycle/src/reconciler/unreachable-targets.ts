import { createJobRepository, type Store } from '@racetrack-platform/db';

/** How it went when a target was asked last; `missing`: nothing that is installed offers it. */
export type TargetState = 'reachable' | 'unreachable' | 'missing';

/** Targets that could not be asked when they were asked last. */
export interface UnreachableTargets {
  /** Notes how it went, and says it with the target's jobs when that has changed. */
  note(target: string, state: TargetState): Promise<void>;
  /** Whether it is there and did not answer. Jobs of a missing one are looked at as others are. */
  has(target: string): boolean;
}

/** Nothing is concluded about the jobs of such a target: they keep their status and get a notice. */
export function createUnreachableTargets(store: Store): UnreachableTargets {
  const states = new Map<string, TargetState>();
  return {
    has: (target) => states.get(target) === 'unreachable',

    async note(target, state) {
      if (states.get(target) === state) return;
      const jobs = createJobRepository(store.db);
      const notices = {
        unreachable: `the infrastructure target ${target} cannot be reached: nobody knows how this job is`,
        missing: `cannot be reached: target ${target} is not installed`,
      };
      // What a former run of the platform has said may still stand there.
      for (const other of ['unreachable', 'missing'] as const) {
        if (other !== state) await jobs.clearNotice(target, notices[other]);
      }
      if (state !== 'reachable') await jobs.setNotice(target, notices[state]);
      states.set(target, state);
    },
  };
}
