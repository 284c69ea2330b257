/** Upper bounds in seconds of the histogram of Racetrack 2.36: 0.001 · 2ⁿ. */
export const DURATION_BUCKETS_S: readonly number[] = Array.from(
  { length: 21 },
  (_, power) => 0.001 * 2 ** power,
);

/** What is counted of one job version: plain numbers, since every call touches them. */
export interface JobCounters {
  readonly name: string;
  readonly version: string;
  /** Authorised synchronous calls. */
  requests: number;
  started: number;
  done: number;
  durationSumS: number;
  /** Calls per bucket of {@link DURATION_BUCKETS_S}, not cumulated; the last one is beyond all bounds. */
  readonly durationBuckets: number[];
  readonly responseCodes: Map<number, number>;
}

/** Counters of all jobs; those of removed jobs are forgotten. */
export interface JobCounterTable {
  of(name: string, version: string): JobCounters;
  /** Forgets the jobs that `isKnown` denies, then lists the others. */
  list(isKnown: (name: string, version: string) => boolean): readonly JobCounters[];
}

/** Creates an empty table. */
export function createJobCounterTable(): JobCounterTable {
  const all = new Map<string, JobCounters>();

  return {
    of(name, version) {
      const key = `${name}\n${version}`;
      const known = all.get(key);
      if (known !== undefined) return known;
      const fresh = createJobCounters(name, version);
      all.set(key, fresh);
      return fresh;
    },
    list(isKnown) {
      for (const [key, counters] of all) {
        if (!isKnown(counters.name, counters.version)) all.delete(key);
      }
      return [...all.values()];
    },
  };
}

/** Counts one finished call. */
export function countDone(counters: JobCounters, durationS: number): void {
  counters.done += 1;
  counters.durationSumS += durationS;
  const index = bucketOf(durationS);
  counters.durationBuckets[index] = (counters.durationBuckets[index] ?? 0) + 1;
}

/** Counts the status of one response of the job. */
export function countResponse(counters: JobCounters, status: number): void {
  counters.responseCodes.set(status, (counters.responseCodes.get(status) ?? 0) + 1);
}

function bucketOf(durationS: number): number {
  let index = 0;
  while (index < DURATION_BUCKETS_S.length && durationS > (DURATION_BUCKETS_S[index] ?? 0)) index += 1;
  return index;
}

function createJobCounters(name: string, version: string): JobCounters {
  return {
    name,
    version,
    requests: 0,
    started: 0,
    done: 0,
    durationSumS: 0,
    durationBuckets: Array.from({ length: DURATION_BUCKETS_S.length + 1 }, () => 0),
    responseCodes: new Map(),
  };
}
