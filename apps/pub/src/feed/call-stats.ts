import type { CallEdgeStats, CallStats } from '@racetrack-platform/contracts/processes';

/** What was counted since the last report. */
interface CallReport {
  readonly jobs: CallStats[];
  readonly edges: CallEdgeStats[];
}

/** Calls per job and per caller since they were last taken, for lifecycle's "last call" and for who calls whom. */
export interface CallStatsCollector {
  /**
   * @param family - name of the called family.
   * @param subjectId - who called; `undefined`: anybody.
   */
  record(jobId: string, family: string, subjectId: string | undefined, nowMs: number): void;
  /** Hands out what was gathered and starts anew. */
  take(): CallReport;
}

/** Callers per family that are kept apart between two reports; further ones are counted as nobody in particular. */
const MAX_EDGES = 10_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Callers = Map<string | undefined, Mutable<CallEdgeStats>>;

/** Creates an empty collector. */
export function createCallStats(maxEdges = MAX_EDGES): CallStatsCollector {
  let byJob = new Map<string, Mutable<CallStats>>();
  let byFamily = new Map<string, Callers>();
  let edgeCount = 0;

  function edgeOf(family: string, subjectId: string | undefined): Mutable<CallEdgeStats> {
    let callers = byFamily.get(family);
    if (callers === undefined) byFamily.set(family, (callers = new Map()));
    const known = callers.get(subjectId);
    if (known !== undefined) return known;
    if (subjectId !== undefined && edgeCount >= maxEdges) return edgeOf(family, undefined);
    const edge = { subjectId: subjectId ?? null, family, calls: 0, lastCallAt: 0 };
    callers.set(subjectId, edge);
    if (subjectId !== undefined) edgeCount += 1;
    return edge;
  }

  return {
    record(jobId, family, subjectId, nowMs) {
      let job = byJob.get(jobId);
      if (job === undefined) byJob.set(jobId, (job = { jobId, calls: 0, lastCallAt: 0 }));
      job.calls += 1;
      job.lastCallAt = nowMs;
      const edge = edgeOf(family, subjectId);
      edge.calls += 1;
      edge.lastCallAt = nowMs;
    },
    take() {
      const jobs = [...byJob.values()];
      const edges = Array.from(byFamily.values(), (callers) => [...callers.values()]).flat();
      byJob = new Map();
      byFamily = new Map();
      edgeCount = 0;
      return { jobs, edges };
    },
  };
}
