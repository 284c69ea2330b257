import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OwnResponse } from '../errors/render-error.ts';
import { STATUS_CODES } from '../node-http.ts';

/** How long a client may go on sending a body that nobody wants, so that it can read the answer first. */
const LINGER_MS = 5_000;

export interface SendOwnContext {
  readonly tracing: { readonly header: string; readonly id: string };
  /** Whether the connection has to end, since pub shuts down. */
  readonly isDraining: boolean;
}

/** Sends an answer of pub's own. */
export function sendOwn(
  request: IncomingMessage,
  response: ServerResponse,
  own: OwnResponse,
  { tracing, isDraining }: SendOwnContext,
): void {
  if (isDraining) response.shouldKeepAlive = false;
  // The phrase is named, because an attempt to pass on a job's head may have left that of the job behind.
  response.writeHead(own.status, STATUS_CODES[own.status] ?? '', {
    ...own.headers,
    'Content-Length': Buffer.byteLength(own.body),
    [tracing.header]: tracing.id,
  });
  response.end(own.body);
  discardBody(request);
}

/** The bytes of an answer of pub's own, for a connection that ends with it. */
export function renderRaw(own: OwnResponse, tracing: SendOwnContext['tracing']): string {
  const headers = {
    ...own.headers,
    'Content-Length': Buffer.byteLength(own.body),
    [tracing.header]: tracing.id,
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${own.status} ${STATUS_CODES[own.status] ?? ''}\r\n${lines.join('')}\r\n${own.body}`;
}

/**
 * Reads and forgets the rest of a request's body: closing at once would make the client lose the answer
 * (RFC 9112, 9.6). A client that sends for too long is cut off.
 */
export function discardBody(request: IncomingMessage): void {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(timer));
}
