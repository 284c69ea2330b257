/** Types of the module `racetrack-job`, for editors: copy this file into your project. */
declare module 'racetrack-job' {
  export interface CallJobOptions {
    /** Exact, `latest` or a wildcard such as `1.x`. @defaultValue 'latest' */
    readonly version?: string;
    /** @defaultValue 'POST' */
    readonly method?: string;
    /** Milliseconds; unlimited by default. */
    readonly timeout?: number;
    /** @defaultValue the signal of the current call */
    readonly signal?: AbortSignal;
  }

  /**
   * Calls an endpoint of another job with this job's own token, and the tracing id and caller of the current call.
   *
   * @param path - such as `/api/v1/perform`.
   * @throws JobCallError
   */
  export function callJob(
    name: string,
    path: string,
    payload?: unknown,
    options?: CallJobOptions,
  ): Promise<unknown>;
  /** The same for `/api/v1/perform`. */
  export function callJob(name: string, payload?: object, options?: CallJobOptions): Promise<unknown>;

  /** Another job has answered with an error, or not at all. */
  export class JobCallError extends Error {
    /** 0: there was no answer. */
    readonly upstreamStatus: number;
    /** What to do about it, where the answer says so; whoever called this job gets it as well. */
    readonly hint: string | undefined;
  }

  /** Input that the job refuses: the caller gets 400 with the message. */
  export class ValidationError extends Error {}

  /** Lines of the log, with the tracing id of the call. */
  export const log: Readonly<Record<'debug' | 'info' | 'warn' | 'error', (...parts: unknown[]) => void>>;

  /** What the job's code learns of a call, besides its input. */
  export interface JobContext {
    /** Names in lower case; without the caller's token. */
    readonly headers: Readonly<Record<string, string>>;
    /** Empty when the request has none. */
    readonly tracingId: string;
    /** Empty when the caller is unknown. */
    readonly callerName: string;
    /** For the job's own notes of this call. */
    readonly extra: Record<string, unknown>;
    /** Aborted when the caller has left, the call has timed out, or the job ends. */
    readonly signal: AbortSignal;
    readonly log: typeof log;
    readonly callJob: typeof callJob;
  }

  /** The context of the call that the running code belongs to; `undefined` outside of calls. */
  export function request(): JobContext | undefined;
}
