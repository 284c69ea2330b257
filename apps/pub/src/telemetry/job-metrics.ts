import type { Registry } from 'prom-client';
import { DURATION_BUCKETS_S, type JobCounters } from './job-counters.ts';
import { registerPulled, type Sample } from './pulled-metric.ts';

const HISTOGRAM = 'pub_job_call_response_time_histogram';

/** Registers the metrics with one series per job version. */
export function registerJobMetrics(registry: Registry, list: () => readonly JobCounters[]): void {
  const counter = (name: string, help: string, read: (job: JobCounters) => number): void => {
    registerPulled(registry, { name, help, type: 'counter' }, () =>
      list().map((job) => ({ labels: labelsOf(job), value: read(job) })),
    );
  };
  counter('pub_job_proxy_requests', 'Authorised calls', (job) => job.requests);
  counter('pub_job_proxy_requests_started', 'Calls whose forwarding began', (job) => job.started);
  counter('pub_job_proxy_requests_done', 'Calls whose forwarding ended, however', (job) => job.done);
  counter('pub_job_call_response_time', 'Seconds spent in calls of jobs', (job) => job.durationSumS);
  registerPulled(
    registry,
    { name: 'pub_job_proxy_response_codes', help: 'Responses of jobs by status', type: 'counter' },
    () => list().flatMap(presentCodes),
  );
  registerPulled(registry, { name: HISTOGRAM, help: 'Duration of calls of jobs', type: 'histogram' }, () =>
    list().flatMap(presentDurations),
  );
}

function presentCodes(job: JobCounters): Sample[] {
  return Array.from(job.responseCodes, ([status, value]) => ({
    labels: { ...labelsOf(job), status_code: status },
    value,
  }));
}

function presentDurations(job: JobCounters): Sample[] {
  const labels = labelsOf(job);
  let count = 0;
  const buckets = job.durationBuckets.map((calls, index) => {
    count += calls;
    const bound = DURATION_BUCKETS_S[index];
    const le = bound === undefined ? '+Inf' : Number(bound.toPrecision(10));
    return { metricName: `${HISTOGRAM}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${HISTOGRAM}_sum`, labels, value: job.durationSumS },
    { metricName: `${HISTOGRAM}_count`, labels, value: count },
  ];
}

function labelsOf(job: JobCounters): Record<string, string> {
  return { job_name: job.name, job_version: job.version };
}
