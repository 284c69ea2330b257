import { FIRST_STATUS, REPORT_SIZE, Report, type ReportBatch } from '../shared/protocol.ts';
import type { Call } from './call.ts';
import type { JobWorker } from './job-worker.ts';
import { Limiter, type Limits } from './limiter.ts';
import type { JobMetrics } from './metrics.ts';
import { composeHttpError, JSON_TYPE } from './responses.ts';

export interface CallDeskDeps {
  readonly metrics: JobMetrics;
  readonly limits: Limits;
  /** Milliseconds; 0: unlimited. */
  readonly callTimeoutMs: number;
  /** The worker with the fewest calls, or why there is none. */
  readonly chooseWorker: () => JobWorker | string;
  /** Ends a worker that does not listen any more; its calls are abandoned. */
  readonly endWorker: (worker: JobWorker, reason: string) => void;
}

/** Share of the call timeout without a sign of life after which a worker counts as computing all the while. */
const SILENT_SHARE = 0.7;
const SWEEPS_PER_TIMEOUT = 20;
const MAX_SWEEP_MS = 250;

/** Brings calls to the workers within the limits, and their answers back. */
export class CallDesk {
  readonly #deps: CallDeskDeps;
  readonly #limiter: Limiter<Call>;
  /** Calls that run, the oldest first. */
  readonly #running = new Set<Call>();

  constructor(deps: CallDeskDeps) {
    this.#deps = deps;
    this.#limiter = new Limiter(deps.limits);
    if (deps.callTimeoutMs > 0) {
      setInterval(this.#sweep, Math.min(MAX_SWEEP_MS, deps.callTimeoutMs / SWEEPS_PER_TIMEOUT)).unref();
    }
  }

  /** Calls whose answer is still owed, or whose code still runs. */
  get size(): number {
    return this.#running.size;
  }

  /** Takes a call whose body is to be read; refuses it, with `false`, when too many are in flight. */
  expect(call: Call): boolean {
    const refusal = this.#limiter.expect();
    if (refusal !== undefined) {
      this.#countStart(call);
      this.#refuse(call, 429, refusal);
      return false;
    }
    call.isExpected = true;
    return true;
  }

  /** The body of a call has been read, or never will be. */
  arrive(call: Call): void {
    if (!call.isExpected) return;
    call.isExpected = false;
    this.#limiter.arrive();
  }

  /** Takes a call whose body has been read. */
  begin(call: Call): void {
    this.arrive(call);
    this.#countStart(call);
    call.startedAt = performance.now();
    const admission = this.#limiter.admit(call);
    if (admission === 'runs') this.#startFrom(call);
    else if (admission !== 'waits') this.#refuse(call, 429, admission.refusal);
  }

  /** The caller has gone: what waits is dropped, what runs is told. */
  leave(call: Call): void {
    if (call.isAnswered) return;
    call.isAnswered = true;
    if (call.isCounted) this.#count(call, 499);
    if (!this.#limiter.leave(call)) call.worker?.abort(call, 'the caller has left');
  }

  /** Takes what a worker reports. */
  take(worker: JobWorker, batch: ReportBatch): void {
    for (let at = 0; at < batch.length; at += REPORT_SIZE) {
      const call = worker.calls.get(batch[at + 1] as number);
      if (call === undefined) continue;
      const kind = batch[at] as number;
      const mediaType = batch[at + 2] as string;
      const body = batch[at + 3] as string | Uint8Array;
      if (kind >= FIRST_STATUS) this.#finish(call, kind, mediaType === '' ? JSON_TYPE : mediaType, body);
      else if (kind === Report.StreamStart) startStream(call, mediaType);
      else if (kind === Report.StreamChunk) writeChunk(call, body);
      else this.#endStream(call, kind === Report.StreamBreak);
    }
  }

  /** Answers the calls of a worker that is no more. */
  abandon(worker: JobWorker, message: string): void {
    for (const call of worker.calls.values()) {
      const isWaiting = worker.isWaiting(call);
      const body = {
        error: isWaiting ? `the call has not begun, it waited for its turn: ${message}. Try again` : message,
        type: 'WorkerEnded',
        ...(call.tracingId === '' ? {} : { request_id: call.tracingId }),
      };
      this.#finish(call, isWaiting ? 503 : 500, JSON_TYPE, JSON.stringify(body));
    }
  }

  /** Tells all that still runs why it should end. */
  abortAll(reason: string): void {
    for (const call of this.#running) call.worker?.abort(call, reason);
  }

  /** Lets a call run in its place; the next ones are refused, too, while there is no worker. */
  #startFrom(first: Call | undefined): void {
    for (let call = first; call !== undefined && !this.#start(call);) call = this.#limiter.release();
  }

  /** Whether the call runs; it has been answered otherwise. */
  #start(call: Call): boolean {
    const worker = this.#deps.chooseWorker();
    if (typeof worker === 'string') {
      this.#refuse(call, 503, worker);
      return false;
    }
    this.#running.add(call);
    worker.run(call);
    call.body = '';
    return true;
  }

  #finish(call: Call, status: number, mediaType: string, body: string | Uint8Array): void {
    if (!call.isAnswered) {
      call.isAnswered = true;
      if (call.isStreaming) call.reply.destroy();
      else call.reply.answer(status, mediaType, body);
      this.#count(call, status);
    }
    this.#release(call);
  }

  #endStream(call: Call, isBroken: boolean): void {
    if (!call.isAnswered) {
      call.isAnswered = true;
      if (isBroken) call.reply.cut();
      else call.reply.end();
      this.#count(call, isBroken ? 500 : 200);
    }
    this.#release(call);
  }

  /** The job's code is done with it: its place goes to the next one. */
  #release(call: Call): void {
    this.#running.delete(call);
    call.worker?.calls.delete(call.id);
    this.#startFrom(this.#limiter.release());
  }

  #refuse(call: Call, status: number, message: string): void {
    call.isAnswered = true;
    if (call.isStreaming) call.reply.destroy();
    else call.reply.answer(status, JSON_TYPE, composeHttpError(message, call.tracingId));
    this.#count(call, status);
  }

  /** Answers calls of the queue that came before a time; in it they are in the order in which they came. */
  #refuseLate(before: number, limit: string): void {
    for (let call = this.#limiter.oldest; call !== undefined; call = this.#limiter.oldest) {
      if (call.startedAt > before) return;
      this.#limiter.leave(call);
      this.#refuse(call, 504, explainWaiting(limit, 'max_concurrency'));
    }
  }

  #countStart(call: Call): void {
    this.#deps.metrics.started += 1;
    call.endpoint.metrics.started += 1;
    call.isCounted = true;
  }

  #count(call: Call, status: number): void {
    const { metrics } = this.#deps;
    metrics.done += 1;
    metrics.lastCall = Date.now() / 1000;
    call.endpoint.metrics.observe((performance.now() - call.arrivedAt) / 1000);
    if (status >= 400) call.endpoint.metrics.errors += 1;
  }

  /** Answers what takes too long, and ends workers that do nothing but compute. */
  readonly #sweep = (): void => {
    const { callTimeoutMs } = this.#deps;
    const now = performance.now();
    const limit = `call_timeout: ${callTimeoutMs / 1000} s`;
    this.#refuseLate(now - callTimeoutMs, limit);
    for (const call of this.#running) {
      if (now - call.startedAt < callTimeoutMs) return;
      const { worker } = call;
      const reason =
        worker?.isWaiting(call) === true
          ? explainWaiting(limit, 'workers')
          : `the call took longer than ${limit}`;
      if (!call.isAnswered) {
        worker?.abort(call, reason);
        this.#refuse(call, 504, reason);
      }
      // One that initialises the job is silent for as long as that takes.
      if (
        worker !== undefined &&
        worker.readyAt > 0 &&
        now - worker.lastSeen > callTimeoutMs * SILENT_SHARE
      ) {
        this.#deps.endWorker(worker, 'a call has computed for longer than call_timeout');
      }
    }
  };
}

function explainWaiting(limit: string, field: string): string {
  return `the call has waited for its turn for longer than ${limit}; other calls keep the job busy. Try again later, or raise jobtype_extra.${field}`;
}

function startStream(call: Call, mediaType: string): void {
  if (call.isAnswered) return;
  call.isStreaming = true;
  call.reply.begin(mediaType, undefined, {
    onDrain() {
      if (call.waitingChunks > 0) call.worker?.acknowledge(call.id, call.waitingChunks);
      call.waitingChunks = 0;
    },
    // The desk hears of it as of the end of any call.
    onGone: () => undefined,
  });
}

function writeChunk(call: Call, chunk: string | Uint8Array): void {
  if (!call.isAnswered && !call.reply.write(chunk)) call.waitingChunks += 1;
  else call.worker?.acknowledge(call.id, 1);
}
