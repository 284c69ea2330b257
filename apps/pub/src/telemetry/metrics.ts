import { collectDefaultMetrics, Registry } from 'prom-client';
import { createJobCounterTable, type JobCounterTable } from './job-counters.ts';
import { registerJobMetrics } from './job-metrics.ts';
import { registerPulled } from './pulled-metric.ts';

/** What is counted of pub as a whole, by the metric's name without its prefix `pub_`. */
export interface PubCounters {
  job_proxy_errors: number;
  job_proxy_connection_broken_errors: number;
  job_proxy_connection_refused_errors: number;
  job_proxy_context_canceled_errors: number;
  job_proxy_context_deadline_errors: number;
  job_proxy_request_errors: number;
  lifecycle_calls: number;
  lifecycle_call_time: number;
  lifecycle_errors: number;
  panic_errors: number;
  overall_job_proxy_response_time: number;
  health_requests: number;
  auth_successful: number;
  auth_failed: number;
}

const HELP: Readonly<Record<keyof PubCounters, string>> = {
  job_proxy_errors: 'Calls that their job did not answer',
  job_proxy_connection_broken_errors: 'Calls whose job closed the connection',
  job_proxy_connection_refused_errors: 'Calls whose job accepted no connection',
  job_proxy_context_canceled_errors: 'Calls whose client went away',
  job_proxy_context_deadline_errors: 'Calls whose job exceeded a time limit',
  job_proxy_request_errors: 'Requests refused by pub itself, other than 404 and 502',
  lifecycle_calls: 'Always 0: no call waits for lifecycle',
  lifecycle_call_time: 'Always 0: no call waits for lifecycle',
  lifecycle_errors: 'Requests that were not authorised, other than 404',
  panic_errors: 'Faults of pub while it handled a request',
  overall_job_proxy_response_time: 'Seconds spent on calls, authorisation included',
  health_requests: 'Requests to /health',
  auth_successful: 'Calls that were authorised',
  auth_failed: 'Calls that were not authorised',
};

/** How pub stands to its feed. */
export interface FeedStatus {
  readonly isConnected: boolean;
  /** Seconds since lifecycle was last heard; `undefined`: never. */
  readonly ageS: number | undefined;
  readonly revision: number | undefined;
}

export interface MetricsDeps {
  readonly feedStatus: () => FeedStatus;
  /** Whether the routing tables know a job; series of others disappear. */
  readonly isKnownJob: (name: string, version: string) => boolean;
}

export interface Metrics {
  readonly counters: PubCounters;
  readonly jobs: JobCounterTable;
  readonly contentType: string;
  /** Renders everything in Prometheus' text format. */
  render(): Promise<string>;
}

/** Creates the metrics, under the names of Racetrack 2.36 that existing dashboards query. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  const jobs = createJobCounterTable();
  const counters = zeroCounters();

  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  for (const [name, help] of Object.entries(HELP)) {
    const key = name as keyof PubCounters;
    registerPulled(registry, { name: `pub_${name}`, help, type: 'counter' }, () => [
      { value: counters[key] },
    ]);
  }
  registerJobMetrics(registry, () => jobs.list(deps.isKnownJob));
  registerFeedMetrics(registry, deps.feedStatus);

  return { counters, jobs, contentType: registry.contentType, render: async () => await registry.metrics() };
}

function registerFeedMetrics(registry: Registry, status: () => FeedStatus): void {
  const gauge = (name: string, help: string, read: (status: FeedStatus) => number | undefined): void => {
    registerPulled(registry, { name, help, type: 'gauge' }, () => {
      const value = read(status());
      return value === undefined ? [] : [{ value }];
    });
  };
  gauge('pub_feed_connected', '1 while connected to the change feed', ({ isConnected }) =>
    Number(isConnected),
  );
  gauge('pub_feed_age_seconds', 'Seconds since the change feed was last heard', ({ ageS }) => ageS);
  gauge('pub_feed_revision', 'Revision of the routing tables in use', ({ revision }) => revision);
}

function zeroCounters(): PubCounters {
  const zeros = Object.keys(HELP).map((name) => [name, 0] as const);
  return Object.fromEntries(zeros) as Record<keyof PubCounters, number>;
}
