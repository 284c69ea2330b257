import type { Reply } from './reply.ts';

export const JSON_TYPE = 'application/json';

export function answerJson(reply: Reply, status: number, body: unknown): void {
  reply.answer(status, JSON_TYPE, JSON.stringify(body));
}

/** Relative, so that the alias in the caller's address stays. */
export function redirect(reply: Reply, location: string): void {
  reply.answer(307, '', '', 'Location', location);
}

/** The text of an error of the HTTP kind, in the one shape of all errors. */
export function composeHttpError(error: string, tracingId: string, detail: unknown = error): string {
  return JSON.stringify({ error, detail, ...(tracingId === '' ? {} : { request_id: tracingId }) });
}
