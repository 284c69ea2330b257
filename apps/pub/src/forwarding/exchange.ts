import type { ProxyTrust, RoutedInstance } from '@racetrack-platform/contracts/processes';
import { PlatformError, type ErrorCode } from '@racetrack-platform/errors';
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { BODY_TOO_SLOW } from '../errors/refusals.ts';
import { renderError } from '../errors/render-error.ts';
import { request as openRequest } from '../node-http.ts';
import type { AllowedCall } from '../routing/decide-call.ts';
import type { InstanceLoads } from '../routing/instance-loads.ts';
import type { RoutedJob } from '../routing/job-table.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { TrackedCall } from '../telemetry/track-call.ts';
import { dialOptions, upstreamHostOf, type UpstreamInstance } from './connection-pool.ts';
import { composeRequestHeaders, type BodyFraming } from './request-headers.ts';
import { sendOwn } from './send-own.ts';
import { classifyUpstreamFailure } from './upstream-failure.ts';

export interface ForwardDeps {
  readonly loads: InstanceLoads<Agent>;
  /** The instances that may be called now; a repeated attempt may find others than the first one. */
  readonly instancesOf: (job: RoutedJob) => readonly RoutedInstance[];
  readonly logger: Logger;
  readonly connectTimeoutMs: number;
  /** Until the response headers; 0 is for ever. */
  readonly responseTimeoutMs: number;
  /** Of a body that the job waits for; 0 is for ever. */
  readonly bodyPauseMs: number;
  /** Which peers may say who their clients are. */
  readonly trustsProxy: ProxyTrust;
  readonly tracingHeader: string;
  readonly callerHeader: string;
  readonly steadyMs: () => number;
  /** Whether pub shuts down. */
  readonly isDraining: () => boolean;
}

/** One authorised call on its way to a job. */
export interface Exchange {
  readonly call: AllowedCall;
  readonly tracked: TrackedCall;
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Ends the exchange after a fault of ours: logs it, answers with 500 or cuts the client off. Never throws. */
  readonly crash: (thrown: unknown) => void;
}

/** Head of a job's response may be larger than that of a request: cookies come back in many lines. */
const MAX_RESPONSE_HEAD_BYTES = 256 * 1024;

export interface OpenUpstreamOptions {
  readonly instance: UpstreamInstance;
  readonly body: BodyFraming;
  /** Not from the pool, whose connections may all be stale. */
  readonly isFresh: boolean;
  readonly upgrade?: string | undefined;
}

/** Opens the request to an instance; its head is composed, but not sent yet. */
export function openUpstream(
  deps: ForwardDeps,
  exchange: Exchange,
  options: OpenUpstreamOptions,
): ClientRequest {
  const { call, request } = exchange;
  const { instance } = options;
  const method = request.method ?? 'GET';
  return openRequest({
    ...dialOptions(instance.address),
    agent: options.isFresh ? false : instance.pool,
    method,
    path: call.path,
    maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
    setDefaultHeaders: false,
    headers: composeRequestHeaders({
      rawHeaders: request.rawHeaders,
      method,
      body: options.body,
      connection: request.headers.connection,
      upstreamHost: upstreamHostOf(instance.address, call.job.host),
      clientAddress: request.socket.remoteAddress,
      trustsProxy: deps.trustsProxy,
      tracing: { header: deps.tracingHeader, id: exchange.requestId },
      caller: { header: deps.callerHeader, name: call.caller },
      upgrade: options.upgrade,
    }),
  });
}

/**
 * Runs a step of an exchange, such as a listener's. Whatever it throws, at a job's strangest bytes too, ends this
 * exchange and never the process.
 *
 * @param onThrown - what else has to end then.
 */
export function guardExchange(exchange: Exchange, step: () => void, onThrown: () => void = () => {}): void {
  try {
    step();
  } catch (thrown) {
    onThrown();
    exchange.crash(thrown);
  }
}

/** How a request tells the length of its body; the parser has refused contradictions. */
export function framingOf(request: IncomingMessage): BodyFraming {
  if (request.headers['transfer-encoding'] !== undefined) return { kind: 'chunked' };
  const length = request.headers['content-length'];
  return { kind: length === undefined || Number(length) === 0 ? 'none' : 'length' };
}

/** Answers a call whose job gave no answer, and counts it. */
export function failExchange(deps: ForwardDeps, exchange: Exchange, error: Error): void {
  const failure = classifyUpstreamFailure(error);
  const code: ErrorCode = failure.kind === 'response-timeout' ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNAVAILABLE';
  exchange.tracked.countFailure(failure.kind);
  sendFailure(deps, exchange, code, failure.text);
}

/** Answers a call to a job that has no instance which could take it. */
export function failWithoutInstance(deps: ForwardDeps, exchange: Exchange): void {
  const { name, version, status } = exchange.call.job.route;
  const reason = `no instance of ${name} ${version} takes calls (status: ${status})`;
  exchange.tracked.countFailure('refused');
  const text = `connection refused to a target job (job may be dead): ${reason}`;
  sendFailure(deps, exchange, 'UPSTREAM_UNAVAILABLE', text);
}

/** Answers a call whose body stopped coming, and gives it up. */
export function failStalled(deps: ForwardDeps, exchange: Exchange): void {
  const { request, requestId, response, tracked } = exchange;
  tracked.countFailure('canceled');
  deps.logger.info({ requestId, code: BODY_TOO_SLOW.error.code }, 'the body of a call stopped coming');
  response.shouldKeepAlive = false;
  const own = { ...renderError(BODY_TOO_SLOW.error, requestId), status: BODY_TOO_SLOW.status };
  sendOwn(request, response, own, {
    tracing: { header: deps.tracingHeader, id: requestId },
    isDraining: deps.isDraining(),
  });
}

function sendFailure(deps: ForwardDeps, exchange: Exchange, code: ErrorCode, text: string): void {
  const { call, request, requestId, response } = exchange;
  const { name, version, status } = call.job.route;
  deps.logger.warn({ requestId, job: `${name} ${version}`, status, reason: text }, 'job gave no answer');
  const error = new PlatformError(code, `Reverse proxy error: ${text}`, {
    hint: `See what the job says: racetrack logs ${name} --version ${version}`,
  });
  const own = renderError(error, requestId, { name, version, status, caller: call.caller });
  sendOwn(request, response, own, {
    tracing: { header: deps.tracingHeader, id: requestId },
    isDraining: deps.isDraining(),
  });
}
