import { HEADER_SEPARATOR } from '../shared/protocol.ts';
import type { RequestFacts } from './router.ts';

/** The head of a request with nothing unusual in it, as nearly all are. */
export interface PlainHead extends RequestFacts {
  /** Names and values in turn, separated by {@link HEADER_SEPARATOR}. */
  readonly headers: string;
  /** Bytes of the head. */
  readonly length: number;
  /** Bytes of the body. */
  readonly bodyLength: number;
}

/** As `node:http` limits heads. */
const MAX_HEAD_BYTES = 16_384;
const LINE_END = '\r\n';
const HEAD_END = '\r\n\r\n';
/**
 * RFC 9112, sections 3 and 5, without what it merely tolerates: no folded lines, no control characters, no lone CR or LF.
 */
const HEAD =
  /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[!-~]*) HTTP\/1\.1\r\n(?:[\w!#$%&'*+\-.^`|~]+:[\t -~\x80-\xff]*\r\n)+\r\n$/;
const KEEP_ALIVE = 'keep-alive';
const LENGTH = /^\d{1,15}$/;
/** What changes how a message is to be read, or how the connection goes on. */
const UNUSUAL = new Set(['expect', 'upgrade', 'transfer-encoding', 'proxy-connection', 'http2-settings']);
const NOTED = ['host', 'connection', 'content-length', 'content-type'];

/** Reads plain heads. */
export class PlainHeadReader {
  readonly #tracingName: string;
  readonly #callerName: string;
  readonly #noted: ReadonlySet<string>;

  /** @param names - of headers, in lower case. */
  constructor(names: { readonly tracing: string; readonly caller: string }) {
    this.#tracingName = names.tracing;
    this.#callerName = names.caller;
    this.#noted = new Set([...NOTED, names.tracing, names.caller]);
  }

  /**
   * Reads a head. Two readers of one message must agree on where it ends: this one takes only what can be read in one
   * way, and leaves all else to `node:http`.
   *
   * @param bytes - what a connection brought first.
   * @returns `undefined` for a head that is not plain, or not complete.
   */
  read(bytes: Buffer): PlainHead | undefined {
    const length = bytes.indexOf(HEAD_END) + HEAD_END.length;
    if (length < HEAD_END.length || length > MAX_HEAD_BYTES) return undefined;
    const text = bytes.toString('latin1', 0, length);
    const [, method, target] = HEAD.exec(text) ?? [];
    if (method === undefined || target === undefined) return undefined;
    const noted = new Map<string, string>();
    const headers = this.#readHeaders(text, noted);
    const bodyLength = noted.get('content-length') ?? '0';
    const isPlain =
      noted.has('host') &&
      LENGTH.test(bodyLength) &&
      (noted.get('connection') ?? KEEP_ALIVE).toLowerCase() === KEEP_ALIVE;
    if (headers === undefined || !isPlain) return undefined;
    return {
      method,
      target,
      headers,
      length,
      bodyLength: Number(bodyLength),
      contentType: noted.get('content-type') ?? '',
      tracingId: noted.get(this.#tracingName) ?? '',
      caller: noted.get(this.#callerName) ?? '',
    };
  }

  /** All headers in one text; `undefined` when one is unusual, or is there twice and must not be. */
  #readHeaders(text: string, noted: Map<string, string>): string | undefined {
    let headers = '';
    let next = 0;
    for (let at = text.indexOf(LINE_END) + 2; at < text.length - 2; at = next + 2) {
      next = text.indexOf(LINE_END, at);
      const colon = text.indexOf(':', at);
      const name = text.slice(at, colon);
      const value = trim(text, colon + 1, next);
      headers += `${headers === '' ? '' : HEADER_SEPARATOR}${name}${HEADER_SEPARATOR}${value}`;
      const lower = name.toLowerCase();
      if (UNUSUAL.has(lower) || noted.has(lower)) return undefined;
      if (this.#noted.has(lower)) noted.set(lower, value);
    }
    return headers;
  }
}

/** The text between two places without spaces and tabs around it. */
function trim(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}
