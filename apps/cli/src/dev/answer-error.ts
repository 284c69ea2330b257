import type { IncomingMessage, ServerResponse } from 'node:http';
import { TRACING_HEADER } from '@racetrack-platform/contracts/processes';
import { ERROR_CODES, type PlatformError } from '@racetrack-platform/errors';

/**
 * Answers with an error in the shape of pub's.
 *
 * @param status - another one than that of its code.
 */
export function answerError(
  incoming: Pick<IncomingMessage, 'headers' | 'resume'>,
  outgoing: ServerResponse,
  { code, message, hint }: PlatformError,
  status: number = ERROR_CODES[code].status,
): void {
  if (outgoing.headersSent || outgoing.destroyed) return void outgoing.destroy();
  incoming.resume();
  const request_id = incoming.headers[TRACING_HEADER.toLowerCase()];
  const body = JSON.stringify({ error: message, code, hint, request_id });
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  outgoing.end(body);
}
