import type { CallStatsCollector } from '../feed/call-stats.ts';
import type { AllowedCall, Decision } from '../routing/decide-call.ts';
import { countDone, countResponse } from './job-counters.ts';
import type { Metrics, PubCounters } from './metrics.ts';

/** How a call failed that a job was to answer. */
export type CallFailure =
  | 'broken'
  | 'refused'
  | 'connect-timeout'
  | 'response-timeout'
  | 'canceled'
  | 'other';

export interface TrackCallDeps {
  readonly metrics: Pick<Metrics, 'counters' | 'jobs'>;
  readonly stats: CallStatsCollector;
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Steady clock in milliseconds. */
  readonly steadyMs: () => number;
}

/** One call in the statistics, from its admission to its end. */
export interface TrackedCall {
  countResponse(status: number): void;
  countFailure(failure: CallFailure): void;
  /** Exactly once. */
  end(): void;
}

/** Probes are no use of a job: they do not move its "last call". */
const PROBES: ReadonlySet<string> = new Set(['/live', '/ready', '/health']);

const FAILURE_COUNTERS: Readonly<Record<CallFailure, keyof PubCounters | undefined>> = {
  broken: 'job_proxy_connection_broken_errors',
  refused: 'job_proxy_connection_refused_errors',
  canceled: 'job_proxy_context_canceled_errors',
  'connect-timeout': 'job_proxy_context_deadline_errors',
  'response-timeout': 'job_proxy_context_deadline_errors',
  other: undefined,
};

/** Begins to count a call. */
export function trackCall(
  { metrics, stats, nowMs, steadyMs }: TrackCallDeps,
  call: AllowedCall,
): TrackedCall {
  const { id, name, version } = call.job.route;
  const counters = metrics.jobs.of(name, version);
  const startedAtMs = steadyMs();
  counters.requests += 1;
  counters.started += 1;
  if (!PROBES.has(call.endpoint)) stats.record(id, name, call.subjectId, nowMs());

  return {
    countResponse: (status) => countResponse(counters, status),
    countFailure(failure) {
      metrics.counters.job_proxy_errors += 1;
      const counter = FAILURE_COUNTERS[failure];
      if (counter !== undefined) metrics.counters[counter] += 1;
    },
    end() {
      const durationS = (steadyMs() - startedAtMs) / 1_000;
      countDone(counters, durationS);
      metrics.counters.overall_job_proxy_response_time += durationS;
    },
  };
}

/** Counts what was decided on a request. */
export function countDecision(counters: PubCounters, decision: Decision): void {
  if (decision.kind === 'call') {
    counters.auth_successful += 1;
  } else if (decision.kind === 'refused' && decision.error.code !== 'JOB_NOT_FOUND') {
    counters.job_proxy_request_errors += 1;
    if (decision.error.code === 'BAD_REQUEST') return;
    counters.lifecycle_errors += 1;
    counters.auth_failed += 1;
  } else if (decision.kind === 'refused') {
    counters.auth_failed += 1;
  } else if (decision.kind === 'page' && decision.page === 'health') {
    counters.health_requests += 1;
  }
}
