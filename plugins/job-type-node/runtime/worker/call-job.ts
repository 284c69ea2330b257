import { composeJobAddress } from './job-address.ts';
import { currentCall, settings } from './job-context.ts';

/** How another job is called. */
export interface CallJobOptions {
  /** Exact, `latest` or a wildcard such as `1.x`. @defaultValue 'latest' */
  readonly version?: string;
  /** @defaultValue 'POST' */
  readonly method?: string;
  /** Milliseconds; unlimited by default. */
  readonly timeout?: number;
  /** Ends the call with what it is part of. @defaultValue the signal of the current call */
  readonly signal?: AbortSignal;
}

/** With a path, such as `/api/v1/explain`, or for `perform` without. */
export interface CallJob {
  (name: string, path: string, payload?: unknown, options?: CallJobOptions): Promise<unknown>;
  (name: string, payload?: object, options?: CallJobOptions): Promise<unknown>;
}

const PERFORM = '/api/v1/perform';
const LONGEST_HINT = 1000;

/** Another job has answered with an error, or not at all. */
export class JobCallError extends Error {
  override name = 'JobCallError';
  /** Of the answer; 0: there was none. It is not the status of this job's own answer. */
  readonly upstreamStatus: number;
  /** What to do about it, where the answer says so; whoever called this job gets it as well. */
  readonly hint: string | undefined;

  constructor(
    message: string,
    upstreamStatus: number,
    { hint, cause }: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.upstreamStatus = upstreamStatus;
    this.hint = hint;
  }
}

/**
 * Calls an endpoint of another job with this job's own token, and the tracing id and caller of the current call.
 *
 * @param args - path, payload and options; without a path `perform` is called.
 * @returns the JSON of its answer, or its text when it is none.
 * @throws JobCallError; TypeError for a name, version or path that leads out of the job
 */
export const callJob: CallJob = async (name: string, ...args: readonly unknown[]): Promise<unknown> => {
  const [path, payload = {}, options = {}] = (typeof args[0] === 'string' ? args : [PERFORM, ...args]) as [
    path: string,
    payload?: unknown,
    options?: CallJobOptions,
  ];
  const { version = 'latest', method = 'POST', timeout } = options;
  if (settings.pubUrl === '')
    throw new JobCallError('PUB_URL is not set: this job runs without a platform', 0);
  const call = currentCall.getStore();
  const target = composeJobAddress(name, version, path);
  const signals = [
    options.signal ?? call?.signal,
    timeout === undefined ? undefined : AbortSignal.timeout(timeout),
  ];
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const headers: Record<string, string> = { 'X-Racetrack-Auth': settings.authToken };
  if (hasBody) headers['Content-Type'] = 'application/json';
  if (call !== undefined && call.tracingId !== '') headers[settings.tracingHeader] = call.tracingId;
  if (call !== undefined && call.callerName !== '') headers[settings.callerHeader] = call.callerName;
  let status = 0;
  try {
    const response = await fetch(`${settings.pubUrl}/job/${target}`, {
      method,
      headers,
      // The token goes to the platform alone: wherever the called job points to, it is not sent there.
      redirect: 'manual',
      signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
      ...(hasBody ? { body: JSON.stringify(payload) } : {}),
    });
    ({ status } = response);
    const location = response.headers.get('location');
    if (status >= 300 && status < 400 && location !== null) {
      await response.body?.cancel();
      throw new JobCallError(
        `job ${name} has answered ${status}, a redirect to ${readPath(location)}, which is not followed: call that path yourself if it is the job's own`,
        status,
      );
    }
    const value = parse(await response.text());
    if (response.ok) return value;
    throw new JobCallError(`job ${name} has answered ${status}: ${readError(value)}`, status, {
      hint: readHint(value),
    });
  } catch (error) {
    if (error instanceof JobCallError) throw error;
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new JobCallError(`job ${name} could not be called: ${reason}`, status, { cause: error });
  }
};

/** Host and query may be anybody's secrets. */
function readPath(location: string): string {
  return URL.parse(location, 'http://job')?.pathname ?? 'somewhere';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readError(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'error' in value) return String(value.error);
  return JSON.stringify(value).slice(0, 500);
}

/** Another job may answer anything: only some of it is passed on. */
function readHint(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('hint' in value)) return undefined;
  const { hint } = value;
  if (typeof hint !== 'string' || hint === '') return undefined;
  // One line: it goes into the log.
  return hint.slice(0, LONGEST_HINT).replaceAll(/[\s\p{Cc}]+/gu, ' ');
}
