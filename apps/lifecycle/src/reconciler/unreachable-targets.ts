import { createJobRepository, type Store } from '@racetrack-platform/db';

/** Targets that could not be asked when they were asked last. */
export interface UnreachableTargets {
  /** Notes how it went, and says it with the target's jobs when that has changed. */
  note(target: string, isReachable: boolean): Promise<void>;
  has(target: string): boolean;
}

/** Nothing is concluded about the jobs of such a target: they keep their status and get a notice. */
export function createUnreachableTargets(store: Store): UnreachableTargets {
  const reachable = new Map<string, boolean>();
  return {
    has: (target) => reachable.get(target) === false,

    async note(target, isReachable) {
      if (reachable.get(target) === isReachable) return;
      const jobs = createJobRepository(store.db);
      const notice = `the infrastructure target ${target} cannot be reached: nobody knows how this job is`;
      if (isReachable) await jobs.clearNotice(target, notice);
      else await jobs.setNotice(target, notice);
      reachable.set(target, isReachable);
    },
  };
}
