import { ERROR_CODES, type ErrorCode } from './error-codes.ts';
import type { PlatformError } from './platform-error.ts';

/** The body of every failed answer (design D11). Clients of Racetrack 2.36 read only `error`. */
export interface WireError {
  readonly error: string;
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly request_id: string | null;
  readonly type: string;
}

/** Presents an error for the wire. */
export function presentError(error: PlatformError, requestId: string | null): WireError {
  return {
    error: error.message,
    code: error.code,
    hint: error.hint ?? null,
    request_id: requestId,
    type: ERROR_CODES[error.code].legacyType,
  };
}

/** Whether a text is one of our codes; what comes over the wire may be of a newer version. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}
