import { AsyncLocalStorage } from 'node:async_hooks';
import { HEADER_SEPARATOR } from '../shared/protocol.ts';
import { readSettings } from '../shared/settings.ts';

/** Headers and cookies with callers' tokens, by all the names of them: nothing of it reaches the job's code. */
const AUTH_NAMES: ReadonlySet<string> = new Set(
  ['auth', 'esc-auth', 'user-auth', 'job-auth'].map((name) => `x-racetrack-${name}`),
);

/** Of this process; read before any of the job's code runs. */
export const settings = readSettings();

const tracingName = settings.tracingHeader.toLowerCase();
const callerName = settings.callerHeader.toLowerCase();

let abort: (context: JobContext, reason: string) => void;

/** What the job's code learns of a call, besides its input. */
export class JobContext {
  /** For the job's own notes of this call. */
  readonly extra: Record<string, unknown> = {};
  readonly #rawHeaders: string;
  #headers: Readonly<Record<string, string>> | undefined;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  static {
    abort = (context, reason) => {
      context.#reason ??= Object.assign(new Error(reason), { name: 'AbortError' });
      context.#controller?.abort(context.#reason);
    };
  }

  /** @param rawHeaders - names and values in turn, as they came. */
  constructor(rawHeaders: string) {
    this.#rawHeaders = rawHeaders;
  }

  /** Names in lower case; without the caller's token. */
  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= parseHeaders(this.#rawHeaders);
    return this.#headers;
  }

  /** Empty when the request has none. */
  get tracingId(): string {
    return this.headers[tracingName] ?? '';
  }

  /** Empty when the caller is unknown. */
  get callerName(): string {
    return this.headers[callerName] ?? '';
  }

  /** Aborted when the caller has left, the call has timed out, or the job ends. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }
}

/** Tells a call that nobody waits for it any more. */
export function abortContext(context: JobContext, reason: string): void {
  abort(context, reason);
}

/** The call that the running code belongs to. */
export const currentCall = new AsyncLocalStorage<JobContext>();

function parseHeaders(raw: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const parts = raw.split(HEADER_SEPARATOR);
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const name = (parts[at] ?? '').toLowerCase();
    if (AUTH_NAMES.has(name)) continue;
    const value = name === 'cookie' ? removeToken(parts[at + 1] ?? '') : (parts[at + 1] ?? '');
    if (name === 'cookie' && value === '') continue;
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    const joined = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
    Object.defineProperty(headers, name, {
      value: joined,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return Object.freeze(headers);
}

function removeToken(cookies: string): string {
  const isOther = (pair: string): boolean => {
    const [name = ''] = pair.split('=', 1);
    return !AUTH_NAMES.has(name.trim().toLowerCase());
  };
  return cookies.split(';').filter(isOther).join(';').trim();
}
