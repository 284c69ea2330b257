import type { EndpointMetrics } from './metrics.ts';
import type { JobWorker } from './job-worker.ts';
import type { Reply } from './reply.ts';

/** A function of the job that is called by `POST /api/v1{path}`. */
export interface Endpoint {
  /** Its place in the job's description. */
  readonly index: number;
  readonly metrics: EndpointMetrics;
}

let lastId = 0;

/** One call, from its arrival until the job's code is done with it. */
export class Call {
  readonly id: number;
  readonly endpoint: Endpoint;
  readonly reply: Reply;
  /** Names and values in turn, separated by {@link HEADER_SEPARATOR}. */
  readonly headers: string;
  readonly tracingId: string;
  readonly arrivedAt: number;
  body = '';
  /** Runs it; `undefined` before its turn. */
  worker: JobWorker | undefined;
  /** The how-manieth of its worker it is. */
  turn = 0;
  /** Milliseconds of the monotonic clock at which its body had been read; `call_timeout` counts from here. */
  startedAt = 0;
  isCounted = false;
  /** Whether its body may be read, and has not been. */
  isExpected = false;
  isAnswered = false;
  isStreaming = false;
  /** Chunks that the caller has not taken yet. */
  waitingChunks = 0;

  constructor(endpoint: Endpoint, reply: Reply, headers: string, tracingId: string) {
    lastId = (lastId + 1) % 0x3fff_ffff;
    this.id = lastId;
    this.endpoint = endpoint;
    this.reply = reply;
    this.headers = headers;
    this.tracingId = tracingId;
    this.arrivedAt = performance.now();
  }
}
