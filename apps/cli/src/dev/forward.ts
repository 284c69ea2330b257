import { randomUUID } from 'node:crypto';
import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestOptions,
  ServerResponse,
} from 'node:http';
import { AUTH_HEADERS, CALLER_HEADER, TRACING_HEADER } from '@racetrack-platform/contracts/processes';

/** Of one connection only, so never passed on (RFC 9110, 7.6.1); `expect` was answered already. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'expect'];
/** As pub names callers; here it is whoever sits at this machine. */
const CALLER = 'User dev';

/** Opens a request to whom a call is forwarded. */
export type OpenRequest = (
  options: RequestOptions,
  onAnswer: (answer: IncomingMessage) => void,
) => ClientRequest;

/**
 * The headers that a job gets: those of the caller with a tracing id, but never a token.
 *
 * @param extra - set in any case.
 */
export function composeHeaders(
  headers: IncomingMessage['headers'],
  extra: OutgoingHttpHeaders = {},
): OutgoingHttpHeaders {
  const left = { ...headers };
  for (const name of [...HOP_BY_HOP, ...AUTH_HEADERS]) delete left[name];
  const tracing = TRACING_HEADER.toLowerCase();
  return {
    ...left,
    [tracing]: headers[tracing] ?? randomUUID(),
    [CALLER_HEADER.toLowerCase()]: CALLER,
    // A job that closes as soon as it has answered would fail the last, empty write of the request.
    connection: 'keep-alive',
    ...extra,
  };
}

/**
 * Forwards a call, streaming both ways. A caller who leaves takes the call along; an answer that breaks off breaks off
 * here, too.
 *
 * @param onFailure - called when there is no answer.
 */
export function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  open: OpenRequest,
  options: RequestOptions,
  onFailure: (error: Error) => void,
): void {
  const upstream = open({ ...options, method: incoming.method }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutHopByHop(answer.rawHeaders));
    answer.on('error', () => outgoing.destroy());
    answer.on('aborted', () => outgoing.destroy());
    answer.once('end', () => {
      if (incoming.complete) return;
      // Answered early: nobody reads the rest any more, but the caller has to get rid of it to see the answer.
      incoming.unpipe(upstream);
      incoming.resume();
    });
    answer.pipe(outgoing);
  });
  upstream.on('error', (error) => {
    if (outgoing.writableEnded) return;
    if (outgoing.headersSent) outgoing.destroy();
    else if (!outgoing.destroyed) onFailure(error);
  });
  outgoing.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

function withoutHopByHop(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!HOP_BY_HOP.includes(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? '');
  }
  return kept;
}
