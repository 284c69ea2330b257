import { messageOf } from '@racetrack-platform/errors';
import { basename } from 'node:path';

/** Why a job gave no answer; the texts are those of Racetrack 2.36, which clients know. */
export interface UpstreamFailure {
  readonly kind: 'broken' | 'refused' | 'connect-timeout' | 'response-timeout' | 'other';
  /** What follows `Reverse proxy error: `. */
  readonly text: string;
}

/** A timeout of ours, told from the network's own. */
export class UpstreamTimeoutError extends Error {
  override readonly name = 'UpstreamTimeoutError';
  readonly phase: 'connect' | 'response';

  constructor(phase: 'connect' | 'response', timeoutMs: number) {
    const event = phase === 'connect' ? 'accept a connection' : 'answer';
    super(`it did not ${event} within ${timeoutMs} ms`);
    this.phase = phase;
  }
}

/** A job answered, but with what cannot be passed on. */
export class BrokenAnswerError extends Error {
  override readonly name = 'BrokenAnswerError';

  constructor(problem: string, options?: ErrorOptions) {
    super(`the job's answer cannot be passed on: ${problem}`, options);
  }
}

/** The upstream closed without an error of its own and without a response. */
export function connectionLost(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

/** A Unix socket whose queue of connections is full, where TCP would wait and try again (connect(2)). */
const QUEUE_FULL = 'EAGAIN';
/** No listener at the address; for a Unix socket also when its file is gone or nobody accepts. */
const REFUSED_CODES: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', QUEUE_FULL]);
/** The connection ended before a complete response. */
const BROKEN_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);

/** Tells what went wrong with an upstream connection before there was a response. */
export function classifyUpstreamFailure(error: Error): UpstreamFailure {
  if (error instanceof UpstreamTimeoutError) {
    return { kind: `${error.phase}-timeout`, text: `request to a job timed out: ${error.message}` };
  }
  const code = codeOf(error);
  if (REFUSED_CODES.has(code)) {
    const text = `connection refused to a target job (job may be dead): ${describeDial(error)}`;
    return { kind: 'refused', text };
  }
  if (BROKEN_CODES.has(code)) {
    return { kind: 'broken', text: 'connection broken to a target job (job may have died): EOF' };
  }
  return { kind: 'other', text: messageOf(error) };
}

/** What is known of a failed attempt. */
export interface FailedAttempt {
  readonly error: Error;
  readonly method: string;
  /** The connection came from the pool, so the job may have closed it before it saw the request. */
  readonly isReusedSocket: boolean;
  /** Bytes of the request's body have left the client's stream and cannot be sent again. */
  readonly isBodyStarted: boolean;
  readonly hasOtherInstance: boolean;
  readonly isRetry: boolean;
  /** Whether the time to connect is not over yet. */
  readonly hasTimeLeft: boolean;
}

export type RetryPlan = 'fresh-connection' | 'other-instance' | 'later' | 'none';

/** RFC 9110, 9.2.2. */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Whether a failed attempt may be repeated without the risk that the job executes the call twice
 * (RFC 9110, 9.2.2; RFC 9112, 9.3.1).
 */
export function planRetry(attempt: FailedAttempt): RetryPlan {
  if (attempt.isBodyStarted) return 'none';
  const code = codeOf(attempt.error);
  if (code === QUEUE_FULL && attempt.hasTimeLeft) return 'later';
  if (REFUSED_CODES.has(code)) return attempt.hasOtherInstance ? 'other-instance' : 'none';
  const isStale = attempt.isReusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
  return isStale && !attempt.isRetry && IDEMPOTENT_METHODS.has(attempt.method) ? 'fresh-connection' : 'none';
}

/** Like `dial tcp 10.0.0.1:7000: connect: connection refused`; of a Unix socket only the file's name. */
function describeDial(error: Error): string {
  const { address, port } = error as Error & { readonly address?: unknown; readonly port?: unknown };
  if (typeof address !== 'string') return 'connect: connection refused';
  const place = typeof port === 'number' ? `tcp ${address}:${port}` : `unix ${basename(address)}`;
  return `dial ${place}: connect: connection refused`;
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : '';
}
