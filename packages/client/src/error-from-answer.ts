import { isErrorCode, PlatformError, type ErrorCode } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { Answer } from './transport.ts';

/** Phrases of the statuses that servers send (RFC 9110, 15), looked up by code as the original client does. */
const REASONS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  411: 'Length Required',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** For answers without a code of ours, such as those of the original server or of a proxy in between. */
const CODE_OF_STATUS: Record<number, ErrorCode> = {
  400: 'BAD_REQUEST',
  401: 'NOT_AUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'ALREADY_EXISTS',
  413: 'BODY_TOO_LARGE',
  422: 'REQUEST_INVALID',
  429: 'SERVER_BUSY',
  501: 'NOT_SUPPORTED',
  502: 'UPSTREAM_UNAVAILABLE',
  503: 'SERVER_BUSY',
  504: 'UPSTREAM_TIMEOUT',
};

const WRONG_SERVER_HINT =
  'That address is probably the one of pub, where jobs are called; the remote is the address of lifecycle (port 7002 by default).';

const failureSchema = z.object({
  error: z.string().optional(),
  detail: z.unknown().optional(),
  code: z.string().optional(),
  hint: z.string().nullish(),
  request_id: z.string().nullish(),
});

/**
 * Turns a failed answer into the error to show: the server's own code, text and hint when it sent them (design D11),
 * else a code by status and the text of the original client, `LABEL: REASON: ERROR`.
 *
 * @param answer - with a status of 400 or above.
 * @param label - what was being done, such as `Lifecycle response error`.
 */
export function errorFromAnswer(answer: Answer, label: string): PlatformError {
  const body = failureSchema.safeParse(parseJsonOf(answer)).data;
  if (body?.error !== undefined && isErrorCode(body.code)) {
    return new PlatformError(body.code, body.error, {
      hint: body.hint ?? hintOf(body.code, body.request_id),
    });
  }
  const code = CODE_OF_STATUS[answer.status] ?? 'INTERNAL';
  const reason = REASONS[answer.status];
  return new PlatformError(code, `${label}: ${textOf(answer, reason, body)}`, {
    hint: isWrongServer(answer) ? WRONG_SERVER_HINT : hintOf(code, undefined),
  });
}

/** Pub has no API of its own: it says so in the words of Racetrack 2.36, which a job's page hardly repeats. */
function isWrongServer({ status, url, text }: Answer): boolean {
  return status === 404 && text === '404 page not found' && url.includes('/lifecycle/');
}

function textOf(
  answer: Answer,
  reason: string | undefined,
  body: z.infer<typeof failureSchema> | undefined,
): string {
  if (body?.error !== undefined) {
    const isSaid = reason !== undefined && body.error.startsWith(reason);
    return isSaid ? body.error : `${reason ?? answer.status}: ${body.error}`;
  }
  if (reason === undefined) return String(answer.status);
  const detail = body?.detail === undefined ? '' : `: ${presentDetail(body.detail)}`;
  return `${answer.status} ${reason} for url: ${answer.method} ${answer.url}${detail}`;
}

/** FastAPI answers 422 with `detail`: a text, or a list of `{loc, msg}`. */
function presentDetail(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  const list = z.array(z.object({ loc: z.array(z.unknown()).optional(), msg: z.string() })).safeParse(detail);
  if (!list.success) return JSON.stringify(detail);
  return list.data.map(({ loc, msg }) => (loc === undefined ? msg : `${loc.join('.')}: ${msg}`)).join('; ');
}

function hintOf(code: ErrorCode, requestId: string | null | undefined): string | undefined {
  if (code === 'NOT_AUTHENTICATED') return 'Log in again: racetrack login <token>.';
  if (requestId === undefined || requestId === null) return undefined;
  return code === 'INTERNAL' ? `Look for request ${requestId} in the log of the server.` : undefined;
}

function parseJsonOf(answer: Answer): unknown {
  if (!answer.isJson) return undefined;
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}
