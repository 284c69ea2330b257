import type { ServerResponse } from 'node:http';
import type { EndpointMetrics } from './metrics.ts';
import type { JobWorker } from './job-worker.ts';

/** A function of the job that is called by `POST /api/v1{path}`. */
export interface Endpoint {
  /** Its place in the job's description. */
  readonly index: number;
  readonly metrics: EndpointMetrics;
}

/** One call, from its arrival until the job's code is done with it. */
export class Call {
  readonly id: number;
  readonly endpoint: Endpoint;
  readonly response: ServerResponse;
  readonly rawHeaders: readonly string[];
  readonly tracingId: string;
  readonly arrivedAt: number;
  body = '';
  /** Runs it; `undefined` before its turn. */
  worker: JobWorker | undefined;
  /** The how-manieth of its worker it is. */
  turn = 0;
  /** Milliseconds of the monotonic clock at which its turn came. */
  startedAt = 0;
  isCounted = false;
  /** Whether its body may be read, and has not been. */
  isExpected = false;
  isAnswered = false;
  isStreaming = false;
  /** Chunks that the caller has not taken yet. */
  waitingChunks = 0;

  constructor(
    id: number,
    endpoint: Endpoint,
    response: ServerResponse,
    rawHeaders: readonly string[],
    tracingId: string,
  ) {
    this.id = id;
    this.endpoint = endpoint;
    this.response = response;
    this.rawHeaders = rawHeaders;
    this.tracingId = tracingId;
    this.arrivedAt = performance.now();
  }
}
