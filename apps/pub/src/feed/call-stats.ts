import type { CallStats } from '@racetrack-platform/contracts';

/** Calls per job since they were last taken, for lifecycle's "last call" and counters. */
export interface CallStatsCollector {
  record(jobId: string, nowMs: number): void;
  /** Hands out what was gathered and starts anew. */
  take(): CallStats[];
}

/** Creates an empty collector. */
export function createCallStats(): CallStatsCollector {
  let byJob = new Map<string, { jobId: string; calls: number; lastCallAt: number }>();

  return {
    record(jobId, nowMs) {
      const known = byJob.get(jobId);
      if (known === undefined) {
        byJob.set(jobId, { jobId, calls: 1, lastCallAt: nowMs });
      } else {
        known.calls += 1;
        known.lastCallAt = nowMs;
      }
    },
    take() {
      const taken = [...byJob.values()];
      byJob = new Map();
      return taken;
    },
  };
}
