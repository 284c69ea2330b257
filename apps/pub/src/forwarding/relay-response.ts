import { messageOf } from '@racetrack-platform/errors';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from '../node-http.ts';
import { composeResponseHeaders } from './response-headers.ts';
import type { Addresses } from './rewrite-location.ts';
import { selectTrailers } from './trailers.ts';
import { BrokenAnswerError } from './upstream-failure.ts';

export interface RelayContext {
  readonly addresses: Addresses;
  readonly tracing: { readonly header: string; readonly id: string };
  /** Whether the connection to the client has to end, since pub shuts down. */
  readonly isDraining: boolean;
  /** Runs what happens later, see `guardExchange`. */
  readonly guard: (step: () => void) => void;
}

/** What a reason phrase consists of (RFC 9112, 4). */
const REASON_PHRASE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * Streams a job's response to the client: head first and at once, then bytes as they come, at the client's pace,
 * then trailers. A response that the job breaks off is broken off towards the client too, so that it never looks
 * complete.
 *
 * @param onBroken - called when the job broke off in the middle.
 * @throws BrokenAnswerError when the head cannot be passed on; nothing has been sent then.
 */
export function relayResponse(
  upstream: IncomingMessage,
  response: ServerResponse,
  context: RelayContext,
  onBroken: () => void,
): void {
  requireRelayable(upstream);
  const isChunked = allowsTrailers(upstream, response);
  if (context.isDraining) response.shouldKeepAlive = false;
  const status = upstream.statusCode ?? 502;
  const headers = composeResponseHeaders({
    rawHeaders: upstream.rawHeaders,
    status,
    connection: upstream.headers.connection,
    addresses: context.addresses,
    tracing: context.tracing,
    isChunked,
  });
  try {
    response.writeHead(status, reasonPhraseOf(upstream), headers);
  } catch (error) {
    // What the response remembers of this attempt must not outlive it on a connection that is kept.
    response.shouldKeepAlive = false;
    throw new BrokenAnswerError(messageOf(error), { cause: error });
  }

  upstream.once('end', () => {
    context.guard(() => {
      if (isChunked && upstream.rawTrailers.length > 0) {
        const ours = [context.tracing.header.toLowerCase()];
        response.addTrailers(selectTrailers(upstream.rawTrailers, ours));
      }
      response.end();
    });
  });
  upstream.once('error', () => {});
  upstream.once('close', () => {
    if (upstream.complete || response.destroyed) return;
    context.guard(() => {
      onBroken();
      breakOff(response, upstream.headers['content-length'] !== undefined);
    });
  });
  upstream.pipe(response, { end: false });
  setImmediate(() => context.guard(() => flushHead(upstream, response)));
}

/** Passes on an interim response, such as 103 Early Hints (RFC 9110, 15.2). */
export function relayInformation(
  information: { readonly statusCode: number; readonly rawHeaders: readonly string[] },
  response: ServerResponse,
  context: Omit<RelayContext, 'guard'>,
): void {
  const { statusCode, rawHeaders } = information;
  const isForUs = statusCode === 100 || statusCode === 101;
  if (isForUs || response.headersSent || !response.useChunkedEncodingByDefault) return;
  const headers = composeResponseHeaders({
    ...context,
    rawHeaders,
    status: statusCode,
    connection: undefined,
    isChunked: false,
  });
  response.writeInformation(statusCode, headers);
}

/** A body that is at hand leaves together with the head; otherwise the head does not wait for it. */
function flushHead(upstream: IncomingMessage, response: ServerResponse): void {
  if (!upstream.readableDidRead && !response.writableEnded && !response.destroyed) response.flushHeaders();
}

/** Interim statuses are no final answer, `101` only to an upgrade; lower ones are no statuses (RFC 9110, 15). */
function requireRelayable({ statusCode = 0, headers }: IncomingMessage): void {
  if (statusCode < 200) {
    throw new BrokenAnswerError(`${statusCode} is no status of a final response to this request`);
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    throw new BrokenAnswerError('its transfer coding is not "chunked"');
  }
}

/** The job's own words, which carry no meaning, if they are well-formed. */
function reasonPhraseOf({ statusCode = 0, statusMessage = '' }: IncomingMessage): string {
  return REASON_PHRASE.test(statusMessage) ? statusMessage : (STATUS_CODES[statusCode] ?? '');
}

function allowsTrailers(upstream: IncomingMessage, response: ServerResponse): boolean {
  const hasBody =
    response.req.method !== 'HEAD' && upstream.statusCode !== 204 && upstream.statusCode !== 304;
  const isChunked = upstream.headers['transfer-encoding']?.toLowerCase().includes('chunked') === true;
  return hasBody && isChunked && response.useChunkedEncodingByDefault;
}

/** Without a declared length or chunks only a reset tells the client that something is missing. */
function breakOff(response: ServerResponse, hasLength: boolean): void {
  const { socket } = response;
  if (socket === null || hasLength || response.chunkedEncoding) response.destroy();
  else socket.resetAndDestroy();
}
