import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createJobGauge, type CountJobs } from './count-jobs.ts';

/** Seconds; the buckets that the dashboards of Racetrack 2.36 were drawn for. */
const DURATION_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75, 100,
  250, 500, 750, 1_000,
];

/** What lifecycle counts. Names as in Racetrack 2.36, so that its dashboards keep working. */
export interface Metrics {
  readonly registry: Registry;
  readonly requestedDeployments: Counter;
  /** Finished ones, whatever the result. */
  readonly doneDeployments: Counter;
  readonly deployedJobs: Counter;
  readonly jobsByStatus: Gauge<'status'>;
  readonly scrapes: Counter;
  readonly requestDuration: Histogram;
  readonly jobFetchDuration: Histogram;
  readonly requestsStarted: Counter;
  readonly requestsDone: Counter;
  readonly internalErrors: Counter;
  readonly databaseConnected: Gauge;
  readonly failedLogins: Counter;
  readonly logStreams: Gauge;
  /** Clients of the event stream that came, and that went, since the start. */
  readonly eventClientsConnected: Gauge;
  readonly eventClientsDisconnected: Gauge;
}

/**
 * @param options - `defaults`: whether figures of the process itself are collected too; `countJobs`: asked at each
 *   scrape.
 */
export function createMetrics(options: { defaults: boolean; countJobs?: CountJobs }): Metrics {
  const registry = new Registry();
  if (options.defaults) collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  return {
    registry,
    requestedDeployments: counter('requested_job_deployments_total', 'Deployments requested'),
    doneDeployments: counter('done_job_deployments_total', 'Deployments finished, whatever the result'),
    deployedJobs: counter('deployed_job_total', 'Jobs deployed'),
    jobsByStatus: createJobGauge(registry, options.countJobs ?? (async () => new Map())),
    scrapes: counter('metrics_scrapes_total', 'Scrapes of these metrics'),
    requestDuration: new Histogram({
      name: 'commons_request_duration',
      help: 'Seconds taken by requests',
      buckets: DURATION_BUCKETS,
      registers: [registry],
    }),
    jobFetchDuration: new Histogram({
      name: 'lifecycle_job_model_fetch_duration',
      help: 'Seconds taken to find and show one job by name and version',
      buckets: DURATION_BUCKETS,
      registers: [registry],
    }),
    requestsStarted: counter('commons_requests_started_total', 'Requests received'),
    requestsDone: counter('commons_requests_done_total', 'Requests answered'),
    internalErrors: counter(
      'commons_internal_server_errors_total',
      'Requests that ended in a fault of the platform',
    ),
    databaseConnected: gauge('lifecycle_database_connected', 'Whether the store answers: 1 or 0'),
    failedLogins: counter('lifecycle_failed_logins_total', 'Sign-ins refused'),
    logStreams: gauge('lifecycle_log_streams', 'Live log streams open'),
    eventClientsConnected: gauge(
      'lifecycle_event_stream_client_connected',
      'Clients of the event stream that came',
    ),
    eventClientsDisconnected: gauge(
      'lifecycle_event_stream_client_disconnected',
      'Clients of the event stream that went',
    ),
  };
}
