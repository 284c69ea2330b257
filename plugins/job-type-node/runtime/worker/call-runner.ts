import { Report, STREAM_WINDOW } from '../shared/protocol.ts';
import { checkInput } from './check-input.ts';
import { copyBytes, encodeJson } from './encode-json.ts';
import { abortContext, currentCall } from './job-context.ts';
import { UserContext } from './user-context.ts';
import type { Job, JobEndpoint } from './job.ts';
import { BodyError, parseBody } from './parse-body.ts';
import { describeFailure, logFailure } from './present-error.ts';
import type { ReportQueue } from './report-queue.ts';
import { isStream, StreamWriter } from './stream.ts';

const BINARY_TYPE = 'application/octet-stream';
const UNREADABLE = JSON.stringify({
  error: 'the job has thrown an error that cannot be read',
  type: 'Error',
});

interface RunningCall {
  readonly context: UserContext;
  writer: StreamWriter | undefined;
}

/** Runs calls of the job's functions, and reports what becomes of them. */
export class CallRunner {
  readonly #job: Job;
  readonly #reports: ReportQueue;
  readonly #running = new Map<number, RunningCall>();
  /** Whether orders are being taken: their reports leave together afterwards. */
  isInBatch = false;

  constructor(job: Job, reports: ReportQueue) {
    this.#job = job;
    this.#reports = reports;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  start(id: number, index: number, headers: string, body: string): void {
    const endpoint = this.#job.endpoints[index];
    if (endpoint === undefined) return;
    const context = new UserContext(headers);
    this.#running.set(id, { context, writer: undefined });
    currentCall.run(context, this.#run, id, endpoint, body, context);
  }

  abort(id: number, reason: string): void {
    const call = this.#running.get(id);
    if (call === undefined) return;
    call.writer?.stop();
    currentCall.run(call.context, abortContext, call.context, reason);
  }

  acknowledge(id: number, chunks: number): void {
    this.#running.get(id)?.writer?.acknowledge(chunks);
  }

  readonly #run = (id: number, endpoint: JobEndpoint, body: string, context: UserContext): void => {
    try {
      const input = parseBody(body);
      const schema = endpoint.signature?.schema;
      if (schema !== undefined) checkInput(input, schema);
      const result: unknown = Reflect.apply(endpoint.function, endpoint.target, [input, context]);
      if (isThenable(result)) {
        result.then(
          (value) => this.#succeed(id, value),
          (error: unknown) => this.#fail(id, error),
        );
      } else {
        this.#succeed(id, result);
      }
    } catch (error) {
      this.#fail(id, error);
    }
  };

  #succeed(id: number, result: unknown): void {
    try {
      if (result instanceof Uint8Array || result instanceof ArrayBuffer) {
        this.#finish(id, 200, BINARY_TYPE, copyBytes(result));
      } else if (isStream(result)) {
        this.#stream(id, result).catch((error: unknown) => this.#fail(id, error));
      } else {
        this.#finish(id, 200, '', encodeJson(result));
      }
    } catch (error) {
      this.#fail(id, error);
    }
  }

  async #stream(id: number, source: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const call = this.#running.get(id);
    if (call === undefined) return;
    const isSse = (call.context.headers['accept'] ?? '').includes('text/event-stream');
    const writer = new StreamWriter({
      isSse,
      window: STREAM_WINDOW,
      start: (mediaType) => this.#report(Report.StreamStart, id, mediaType, ''),
      write: (chunk) => this.#report(Report.StreamChunk, id, '', chunk),
    });
    call.writer = writer;
    try {
      await writer.pump(source);
    } catch (error) {
      const failure = describeFailure(error);
      // Nothing has left yet: it can still be an error like any other.
      if (!writer.hasStarted) return this.#fail(id, error);
      logFailure(failure, error);
      const { message, type, hint } = failure;
      writer.writeFailure({ error: message, type, hint });
      return this.#finish(id, Report.StreamBreak, '', '');
    }
    writer.begin();
    this.#finish(id, Report.StreamEnd, '', '');
  }

  /** Answers with an error, whatever was thrown. */
  #fail(id: number, error: unknown): void {
    try {
      this.#present(id, error);
    } catch {
      this.#finish(id, 500, '', UNREADABLE);
    }
  }

  #present(id: number, error: unknown): void {
    const requestId = this.#running.get(id)?.context.tracingId ?? '';
    const more = requestId === '' ? {} : { request_id: requestId };
    if (error instanceof BodyError) {
      const { message } = error;
      return this.#finish(id, 422, '', JSON.stringify({ error: message, detail: message, ...more }));
    }
    const failure = describeFailure(error);
    logFailure(failure, error);
    const { status, message, type, hint } = failure;
    this.#finish(id, status, '', JSON.stringify({ error: message, type, hint, ...more }));
  }

  #finish(id: number, kind: number, mediaType: string, body: string | Uint8Array): void {
    if (!this.#running.delete(id)) return;
    this.#report(kind, id, mediaType, body);
  }

  #report(kind: number, id: number, mediaType: string, body: string | Uint8Array): void {
    this.#reports.push(kind, id, mediaType, body);
    if (this.isInBatch) return;
    if (this.isIdle) this.#reports.flush();
    else this.#reports.schedule();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
