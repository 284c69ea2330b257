import { PlatformError } from '@racetrack-platform/errors';
import type { IncomingMessage } from 'node:http';
import { inspectHost } from '../routing/inspect-host.ts';

/** A request that is answered without a look at what it is for. */
export interface Refusal {
  readonly error: PlatformError;
  /** When HTTP has a status more exact than that of the code. */
  readonly status?: number;
}

/** The only expectation there is, `100-continue`, never comes here (RFC 9110, 10.1.1). */
export const UNKNOWN_EXPECTATION: Refusal = {
  error: badRequest('the only expectation that can be met is "100-continue"'),
  status: 417,
};

const HEAD_TOO_LARGE: Refusal = { error: badRequest('its head is too large'), status: 431 };
const HEAD_TOO_SLOW: Refusal = { error: badRequest('its head did not come in time'), status: 408 };
/** The job goes on waiting for the rest, and its client may be gone. */
export const BODY_TOO_SLOW = { error: badRequest('its body did not come in time'), status: 408 } as const;
const CHUNK_EXTENSIONS_TOO_LARGE: Refusal = {
  error: new PlatformError('BODY_TOO_LARGE', 'Proxy request error: the chunk extensions are too large'),
};

/** Refuses a head that the parser accepts, but that two readers could understand differently. */
export function inspectHead(request: IncomingMessage): Refusal | undefined {
  const isRequired = request.httpVersionMajor > 1 || request.httpVersionMinor >= 1;
  const problem = inspectHost(request.rawHeaders, isRequired);
  if (problem !== undefined) return { error: badRequest(problem) };
  // A transfer coding that we cannot undo (RFC 9112, 6.1).
  const coding = request.headers['transfer-encoding'];
  if (coding === undefined || coding.trim().toLowerCase() === 'chunked') return undefined;
  const text = 'Proxy request error: the only transfer coding is "chunked"';
  return { error: new PlatformError('NOT_SUPPORTED', text) };
}

/**
 * What to answer when there is no request, since it could not be parsed.
 *
 * @returns `undefined` when the fault is the connection's, so that nobody is there to read an answer.
 */
export function refuseUnparsable({ code = '', message }: NodeJS.ErrnoException): Refusal | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return HEAD_TOO_LARGE;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return CHUNK_EXTENSIONS_TOO_LARGE;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return HEAD_TOO_SLOW;
  return code.startsWith('HPE_') ? { error: badRequest(`it is no HTTP (${message})`) } : undefined;
}

function badRequest(problem: string): PlatformError {
  return new PlatformError('BAD_REQUEST', `Proxy request error: the request is refused: ${problem}`, {
    hint: 'Correct the client, or whatever stands between it and pub.',
  });
}
