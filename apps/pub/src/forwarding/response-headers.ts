import { selectHopByHop, type RawHeaders } from './hop-by-hop.ts';
import { rewriteLocation, type Addresses } from './rewrite-location.ts';

/** What the response headers towards a client are made of. */
export interface ResponseHeadersInput {
  /** As the job sent them, with duplicates and in order. */
  readonly rawHeaders: RawHeaders;
  readonly status: number;
  /** Value of the job's `Connection`, if any. */
  readonly connection: string | undefined;
  readonly addresses: Addresses;
  readonly tracing: { readonly header: string; readonly id: string };
  /** Whether the body towards the client will be chunked, so that trailers can follow it. */
  readonly isChunked: boolean;
  /** Protocol switched to, for upgrades. */
  readonly upgrade?: string | undefined;
}

/** Composes the header lines of a response to a client. */
export function composeResponseHeaders(input: ResponseHeadersInput): string[] {
  const isHopByHop = selectHopByHop(input.connection);
  const tracing = input.tracing.header.toLowerCase();
  const { rawHeaders } = input;
  const headers: string[] = [];

  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const rawName = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const name = rawName.toLowerCase();
    if (name === tracing || (name === 'content-length' && forbidsLength(input.status))) continue;
    if (name === 'trailer') {
      if (input.isChunked) headers.push(rawName, value);
    } else if (name === 'location') {
      headers.push(rawName, rewriteLocation(value, input.addresses));
    } else if (!isHopByHop(name)) {
      headers.push(rawName, value);
    }
  }

  headers.push(input.tracing.header, input.tracing.id);
  if (input.upgrade !== undefined) headers.push('Connection', 'Upgrade', 'Upgrade', input.upgrade);
  return headers;
}

/** RFC 9110, 8.6: no `Content-Length` in 1xx and 204. */
function forbidsLength(status: number): boolean {
  return status === 204 || status < 200;
}
