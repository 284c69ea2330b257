import { AUTH_HEADER, WARNING_HEADER } from '@racetrack-platform/contracts';
import { ERROR_CODES, PlatformError } from '@racetrack-platform/errors';
import { describeNetworkFailure } from './describe-network-failure.ts';
import { errorFromAnswer } from './error-from-answer.ts';
import { pause } from './pause.ts';

/** Statuses of servers and proxies that are away for a moment (RFC 9110, 15.6). */
const TEMPORARY_STATUSES = new Set([502, 503, 504]);
/** As many as browsers' older limit for redirections in a row (RFC 2068, 10.3). */
const REDIRECT_LIMIT = 5;
const FIRST_RETRY_DELAY_MS = 200;

/** One answered or failed request, for `--verbose`; holds no header and no body. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  readonly durationMs: number;
}

/** A complete answer of a server. */
export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Empty when the server sent none. */
  readonly contentType: string;
  readonly isJson: boolean;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Whether the connection ended before the answer did. */
  readonly isCut: boolean;
}

/** What is used of `fetch`, so that a program may bring a lighter one; the global one fits. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
    readonly body?: string | Blob;
    readonly transfer?: TransferWatch;
  },
) => Promise<FetchAnswer>;

/** Told how far a long transfer is; a `fetch` that cannot tell leaves it out. */
export interface TransferWatch {
  /** @param bytes - of the body, so far. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** @param bytes - of the answer, so far. @param totalBytes - `undefined`: the server does not say. */
  readonly onReceived?: ((bytes: number, totalBytes: number | undefined) => void) | undefined;
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer | Uint8Array>;
  /** What had come when {@link arrayBuffer} failed; a `fetch` that cannot tell leaves it out. */
  received?(): Uint8Array;
}

export interface TransportDeps {
  readonly fetch: Fetch;
  readonly onExchange: ((exchange: Exchange) => void) | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Blob | undefined;
  readonly transfer?: TransferWatch | undefined;
  /** For each attempt, from connecting to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Further attempts after network failures and 502, 503, 504. Only for requests that may be repeated. */
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
  /** Whether an answer that breaks off is an answer, rather than a failure. */
  readonly keepsCut?: boolean;
  /** In front of error texts of servers that send no code. */
  readonly label: string;
}

/**
 * Sends a request and reads the whole answer, whatever its status; repeats it with backoff where that is safe.
 *
 * @throws {@link PlatformError} `SERVER_UNREACHABLE` without an answer, or when the server redirects to another origin;
 * the signal's own reason when it aborts.
 */
export async function send(deps: TransportDeps, request: TransportRequest): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const isLast = attempt >= request.retries;
    try {
      const answer = await follow(deps, request);
      if (isLast || !isTemporary(answer, request.label)) return answer;
    } catch (error) {
      request.signal?.throwIfAborted();
      if (isLast || !PlatformError.is(error) || !isRepeatable(error)) throw error;
    }
    await pause(retryDelayMs(attempt), request.signal);
  }
}

/** Delays double and carry jitter, so that many clients do not return at once. */
function retryDelayMs(attempt: number): number {
  return FIRST_RETRY_DELAY_MS * 2 ** attempt * (0.5 + Math.random() / 2);
}

function isTemporary(answer: Answer, label: string): boolean {
  if (!TEMPORARY_STATUSES.has(answer.status)) return false;
  return ERROR_CODES[errorFromAnswer(answer, label).code].retryable;
}

/** Refused redirects repeat themselves; missing answers may not. */
function isRepeatable(error: PlatformError): boolean {
  return error.code === 'SERVER_UNREACHABLE' && error.cause !== undefined;
}

async function follow(deps: TransportDeps, request: TransportRequest): Promise<Answer> {
  let url = request.url;
  for (let hop = 0; hop <= REDIRECT_LIMIT; hop += 1) {
    const { answer, location } = await exchange(deps, request, url);
    if (location === undefined) return answer;
    url = checkRedirect(request, url, location);
  }
  throw new PlatformError(
    'SERVER_UNREACHABLE',
    `Request ${request.method} ${request.url} is redirected in a circle`,
  );
}

/** The token goes along, so only the origin that it was meant for may be followed, and only for a GET. */
function checkRedirect(request: TransportRequest, from: string, location: string): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target !== undefined && request.method === 'GET' && target.origin === new URL(from).origin)
    return target.href;
  const where = target === undefined ? 'an unreadable address' : target.origin + target.pathname;
  throw new PlatformError(
    'SERVER_UNREACHABLE',
    `Request ${request.method} ${from} was redirected to ${where}, which is refused: the token stays with the server it was given for`,
    { hint: 'If that is the right server, use its address as the remote.' },
  );
}

async function exchange(
  deps: TransportDeps,
  request: TransportRequest,
  url: string,
): Promise<{ answer: Answer; location: string | undefined }> {
  const timeout = AbortSignal.timeout(Math.ceil(request.timeoutMs));
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  const startedAt = performance.now();
  let status: number | undefined;
  try {
    const response = await deps.fetch(url, {
      method: request.method,
      headers: request.headers,
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.transfer === undefined ? {} : { transfer: request.transfer }),
    });
    ({ status } = response);
    const warning = response.headers.get(WARNING_HEADER);
    if (warning !== null) deps.onWarning?.(warning);
    const body = await readBody(response, request.keepsCut === true);
    // Given up by ourselves it is no answer.
    signal.throwIfAborted();
    const answer = readAnswer(request.method, url, response, body);
    const isRedirect = status >= 300 && status < 400 && status !== 304;
    return { answer, location: isRedirect ? (response.headers.get('location') ?? '') : undefined };
  } catch (error) {
    request.signal?.throwIfAborted();
    if (timeout.aborted) throw timeoutError(request, url, error);
    throw describeNetworkFailure(`${request.method} ${url}`, error);
  } finally {
    deps.onExchange?.({ method: request.method, url, status, durationMs: performance.now() - startedAt });
  }
}

type Body = Pick<Answer, 'bytes' | 'isCut'>;

async function readBody(response: FetchAnswer, keepsCut: boolean): Promise<Body> {
  try {
    return { bytes: new Uint8Array(await response.arrayBuffer()), isCut: false };
  } catch (error) {
    const bytes = keepsCut ? response.received?.() : undefined;
    if (bytes === undefined) throw error;
    return { bytes, isCut: true };
  }
}

function readAnswer(method: string, url: string, response: FetchAnswer, { bytes, isCut }: Body): Answer {
  const contentType = response.headers.get('content-type') ?? '';
  return {
    method,
    url,
    status: response.status,
    contentType,
    isJson: contentType.toLowerCase().includes('json'),
    bytes,
    isCut,
    // Of an archive nobody asks for the text.
    get text() {
      return new TextDecoder().decode(bytes);
    },
  };
}

function timeoutError(request: TransportRequest, url: string, cause: unknown): PlatformError {
  const seconds = Math.round(request.timeoutMs / 100) / 10;
  return new PlatformError(
    'SERVER_UNREACHABLE',
    `Request ${request.method} ${url} failed: no complete answer within ${seconds} s`,
    { cause, hint: 'Try again; see the log of the server.' },
  );
}

/** Headers of every request; without a token there is no auth header at all, as in the original. */
export function requestHeaders(
  token: string,
  userAgent: string,
  contentType?: string,
): Record<string, string> {
  return {
    Accept: 'application/json, */*',
    'User-Agent': userAgent,
    ...(token === '' ? {} : { [AUTH_HEADER]: token }),
    ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
  };
}
