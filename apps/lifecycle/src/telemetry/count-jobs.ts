import { Gauge, type Registry } from 'prom-client';
import { jobStatusSchema } from '@racetrack-platform/contracts';
import { answerInTime } from './answer-in-time.ts';

/** How many jobs of the store have which status. */
export type CountJobs = () => Promise<ReadonlyMap<string, number>>;

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
      const counts = await answerInTime(count);
      if (counts === undefined) return this.reset();
      for (const status of STORED_STATUSES) this.set({ status }, counts.get(status) ?? 0);
    },
  });
  gauge.set({ status: 'orphaned' }, 0);
  return gauge;
}
