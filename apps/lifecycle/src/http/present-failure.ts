import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import {
  ERROR_CODES,
  explainDiskFull,
  messageOf,
  PlatformError,
  presentError,
  type WireError,
} from '@racetrack-platform/errors';
import { isStoreOutage, STORE_AWAY } from '../store/store-outage.ts';

/** Where a value of a request that breaks the schema stands, in the form of Racetrack 2.36. */
interface ValidationDetail {
  readonly type: string;
  readonly loc: readonly string[];
  readonly msg: string;
}

export interface PresentedFailure {
  readonly status: number;
  readonly body: WireError & { readonly detail?: string | readonly ValidationDetail[] };
  /** A fault of ours: to be logged whole, and shown without detail. */
  readonly isBug: boolean;
}

/** Statuses whose body carries `detail` too, as the framework of Racetrack 2.36 sends it. */
const LEGACY_DETAILS: Readonly<Partial<Record<string, string>>> = {
  ROUTE_NOT_FOUND: 'Not Found',
  METHOD_NOT_ALLOWED: 'Method Not Allowed',
};

/**
 * Turns anything thrown while handling a request into an answer (design D11).
 *
 * @param requestId - under which the log has more.
 */
export function presentFailure(thrown: unknown, requestId: string): PresentedFailure {
  const details = listValidationDetails(thrown);
  if (details) return presentInvalid(details, requestId);
  const error = toExpected(thrown);
  if (error === undefined) return presentBug(requestId);
  const detail = LEGACY_DETAILS[error.code];
  const body = { ...presentError(error, requestId), hint: error.hint ?? pointToCode(error) };
  return {
    status: ERROR_CODES[error.code].status,
    body: detail === undefined ? body : { ...body, detail },
    isBug: false,
  };
}

/** Nobody is left with a refusal alone. */
function pointToCode({ code }: PlatformError): string {
  return `docs/reference/errors.md tells what ${code} means.`;
}

function presentBug(requestId: string): PresentedFailure {
  const error = new PlatformError('INTERNAL', 'Internal server error', {
    hint: `The server log has the details under the request id ${requestId}.`,
  });
  return { status: ERROR_CODES.INTERNAL.status, body: presentError(error, requestId), isBug: true };
}

function presentInvalid(details: readonly ValidationDetail[], requestId: string): PresentedFailure {
  const problems = details.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
  const error = new PlatformError('REQUEST_INVALID', problems, {
    hint: 'Compare the request with the API page at /lifecycle/.',
  });
  const body = { ...presentError(error, requestId), detail: details };
  return { status: ERROR_CODES.REQUEST_INVALID.status, body, isBug: false };
}

/** Expected failures as they are, mistakes of the client that the framework found in our terms, `undefined` for bugs. */
function toExpected(thrown: unknown): PlatformError | undefined {
  if (isStoreOutage(thrown)) return STORE_AWAY;
  if (PlatformError.is(thrown)) {
    return thrown.code in ERROR_CODES && thrown.code !== 'INTERNAL' ? thrown : undefined;
  }
  const diskFull = explainDiskFull(thrown);
  if (diskFull) return diskFull;
  const { code, statusCode } = describeFrameworkError(thrown);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new PlatformError('BODY_TOO_LARGE', 'the request body is larger than this route takes', {
      hint: 'Send less at once; files of a job belong into its repository, or into POST /api/v1/deploy.',
    });
  }
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  return new PlatformError('BAD_REQUEST', messageOf(thrown));
}

/** The schema's complaints without the values themselves: those may be secrets. */
function listValidationDetails(thrown: unknown): ValidationDetail[] | undefined {
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const place = PLACES[thrown.validationContext ?? ''] ?? 'body';
    return thrown.validation.map(({ keyword, instancePath, message }) => ({
      type: keyword ?? 'invalid',
      loc: [place, ...instancePath.split('/').filter((part) => part !== '')],
      msg: message ?? 'Invalid input',
    }));
  }
  if (describeFrameworkError(thrown).isMalformedJson) {
    return [{ type: 'json_invalid', loc: ['body'], msg: 'the body is not valid JSON' }];
  }
  return undefined;
}

const PLACES: Readonly<Partial<Record<string, string>>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

function describeFrameworkError(thrown: unknown): {
  code: string | undefined;
  statusCode: number | undefined;
  isMalformedJson: boolean;
} {
  if (!(thrown instanceof Error)) return { code: undefined, statusCode: undefined, isMalformedJson: false };
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  return {
    code: typeof code === 'string' ? code : undefined,
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    isMalformedJson: code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY',
  };
}
