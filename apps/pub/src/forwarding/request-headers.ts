import { AUTH_HEADERS, findForwardedChain, type ProxyTrust } from '@racetrack-platform/contracts/processes';
import { stripAuthCookies } from '../authorization/find-token.ts';
import { foldName } from './fold-name.ts';
import { selectHopByHop, type RawHeaders } from './hop-by-hop.ts';

/** How the length of a request's body is told (RFC 9112, 6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length' }
  | { readonly kind: 'chunked' };

/** What the request headers towards a job are made of. */
export interface RequestHeadersInput {
  /** As received, with duplicates and in order. */
  readonly rawHeaders: RawHeaders;
  readonly method: string;
  readonly body: BodyFraming;
  /** Value of `Connection`, if any. */
  readonly connection: string | undefined;
  /** The job's own host. */
  readonly upstreamHost: string;
  /** Address of the client's socket. */
  readonly clientAddress: string | undefined;
  /** Whose word on earlier clients is passed on. */
  readonly trustsProxy: ProxyTrust;
  readonly tracing: { readonly header: string; readonly id: string };
  /** `undefined` id deletes the header, so that a client cannot pretend. */
  readonly caller: { readonly header: string; readonly name: string | undefined };
  /** Protocol to switch to, for upgrades. */
  readonly upgrade?: string | undefined;
}

/** Written by us below, from what the client sent and what we know. */
const REPLACED: ReadonlySet<string> = new Set([
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);
/** Credentials are for pub, not for the job; what is written below comes in no other spelling. */
const OURS: ReadonlySet<string> = new Set([...AUTH_HEADERS, ...REPLACED]);
/** Methods whose requests need no `Content-Length: 0` to say that there is no body (RFC 9110, 8.6). */
const BODILESS_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
]);

/** Composes the header lines of a request to a job. */
export function composeRequestHeaders(input: RequestHeadersInput): string[] {
  const isHopByHop = selectHopByHop(input.connection);
  const tracing = foldName(input.tracing.header.toLowerCase());
  const caller = foldName(input.caller.header.toLowerCase());
  const received = { for: '', host: '', proto: '', requestedHost: '' };
  const headers: string[] = ['Host', input.upstreamHost];
  const { rawHeaders } = input;

  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const rawName = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const name = rawName.toLowerCase();
    const folded = foldName(name);
    if (REPLACED.has(name)) {
      collectForwarded(received, name, value);
    } else if (folded === tracing || folded === caller || OURS.has(folded)) {
      continue;
    } else if (name === 'cookie') {
      const cookies = stripAuthCookies(value);
      if (cookies !== undefined) headers.push(rawName, cookies);
    } else if (name === 'te' || name === 'trailer') {
      pushTrailerField(headers, name, value, input.body);
    } else if (!isHopByHop(name)) {
      headers.push(rawName, value);
    }
  }

  pushForwarded(headers, received, input);
  headers.push(input.tracing.header, input.tracing.id);
  if (input.caller.name !== undefined) headers.push(input.caller.header, toFieldValue(input.caller.name));
  pushFraming(headers, input);
  return headers;
}

type Forwarded = { for: string; host: string; proto: string; requestedHost: string };

function collectForwarded(received: Forwarded, name: string, value: string): void {
  if (name === 'host') received.requestedHost ||= value;
  else if (name === 'x-forwarded-for') received.for = append(received.for, value);
  else if (name === 'x-forwarded-host') received.host = append(received.host, value);
  else received.proto ||= value;
}

/** The first address that a job reads is the client's, as far as somebody trusted saw it. */
function pushForwarded(
  headers: string[],
  received: Forwarded,
  { clientAddress = '', trustsProxy }: RequestHeadersInput,
): void {
  const peer = clientAddress.replace(/^::ffff:(?=\d+\.)/, '');
  const chain = findForwardedChain(trustsProxy, peer, received.for).join(', ');
  const host = append(received.host, received.requestedHost);
  if (chain !== '') headers.push('X-Forwarded-For', chain);
  if (host !== '') headers.push('X-Forwarded-Host', host);
  headers.push('X-Forwarded-Proto', received.proto === '' ? 'http' : received.proto);
}

/** A client that takes trailers may say so (RFC 9110, 10.1.4); announced ones need a chunked body (6.6.2). */
function pushTrailerField(headers: string[], name: string, value: string, body: BodyFraming): void {
  if (name === 'trailer') {
    if (body.kind === 'chunked') headers.push('Trailer', value);
  } else if (value.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers')) {
    headers.push('TE', 'trailers', 'Connection', 'TE');
  }
}

function pushFraming(headers: string[], input: RequestHeadersInput): void {
  if (input.upgrade !== undefined) headers.push('Connection', 'Upgrade', 'Upgrade', input.upgrade);
  if (input.body.kind === 'chunked') headers.push('Transfer-Encoding', 'chunked');
  if (input.body.kind !== 'none' || BODILESS_METHODS.has(input.method)) return;
  if (!headers.some((field, index) => index % 2 === 0 && field.toLowerCase() === 'content-length')) {
    headers.push('Content-Length', '0');
  }
}

function append(list: string, value: string): string {
  if (list === '') return value;
  return value === '' ? list : `${list}, ${value}`;
}

/** User names may hold characters that header values may not (RFC 9110, 5.5): these are percent-encoded. */
function toFieldValue(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/gu, (character) => encodeURIComponent(character));
}
