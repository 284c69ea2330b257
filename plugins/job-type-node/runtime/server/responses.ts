import type { ServerResponse } from 'node:http';

export const JSON_TYPE = 'application/json';

/** Sends a complete answer; HEAD gets its head alone. */
export function send(
  response: ServerResponse,
  status: number,
  mediaType: string,
  body: string | Uint8Array,
  ...more: string[]
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  response.writeHead(status, ['Content-Type', mediaType, 'Content-Length', String(length), ...more]);
  response.end(body);
}

export function sendJson(response: ServerResponse, status: number, body: unknown, ...more: string[]): void {
  send(response, status, JSON_TYPE, JSON.stringify(body), ...more);
}

/** Relative, so that the alias in the caller's address stays. */
export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(307, ['Location', location, 'Content-Length', '0']);
  response.end();
}

/** The text of an error of the HTTP kind, in the one shape of all errors. */
export function composeHttpError(error: string, tracingId: string, detail: unknown = error): string {
  return JSON.stringify({ error, detail, ...(tracingId === '' ? {} : { request_id: tracingId }) });
}
