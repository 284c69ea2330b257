import { setTimeout as delay } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import { jobStatusSchema } from '@racetrack-platform/contracts';

/** How many jobs of the store have which status. */
export type CountJobs = () => Promise<ReadonlyMap<string, number>>;

/** A store that takes longer leaves the gauge out of one scrape. */
const TIMEOUT_MS = 2_000;

/** What the store knows; orphans are what it does not. */
const STORED_STATUSES = jobStatusSchema.options.filter((status) => status !== 'orphaned');

/**
 * Makes the gauge `jobs_count_by_status`, counted anew at each scrape but for orphans, which whoever finds them sets.
 * Statuses that no job has are 0. When the store does not answer, the gauge has no values: a number that may be wrong
 * is worse than none.
 */
export function createJobGauge(registry: Registry, count: CountJobs): Gauge<'status'> {
  const gauge = new Gauge({
    name: 'jobs_count_by_status',
    help: 'Jobs by status',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      const counts = await Promise.race([
        count().catch(() => undefined),
        delay(TIMEOUT_MS, undefined, { ref: false }),
      ]);
      if (counts === undefined) return this.reset();
      for (const status of STORED_STATUSES) this.set({ status }, counts.get(status) ?? 0);
    },
  });
  gauge.set({ status: 'orphaned' }, 0);
  return gauge;
}
