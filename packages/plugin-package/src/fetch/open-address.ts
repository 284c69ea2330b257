import { lookup } from 'node:dns';
import { once } from 'node:events';
import {
  request as requestHttp,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { presentAddress } from './present-address.ts';

/** As many as browsers' older limit for redirections in a row (RFC 2068, 10.3). */
const REDIRECT_LIMIT = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** How the network may be used. */
export interface NetworkRules {
  /**
   * Asked before every connection, at every redirect, with the addresses that will really be connected to.
   *
   * @param host - as `new URL` spells it, without brackets.
   * @param address - what it stands for; IPv4 or IPv6.
   */
  readonly isAddressAllowed?: ((host: string, address: string) => boolean) | undefined;
  /** Without a byte. */
  readonly idleMs: number;
  /** Aborts when the time for everything is over, too. */
  readonly signal: AbortSignal;
}

/**
 * Sends a GET and follows redirects, at most five, never from https to http.
 *
 * @param headersFor - asked for every address anew, so that a token stays with the origin that it is for.
 * @returns the answer, whatever its status, with its body unread: the caller reads or destroys it.
 * @throws PlatformError `PLUGIN_SOURCE_FAILED` without an answer, `PLUGIN_SOURCE_INVALID` for a refused address.
 */
export async function openAddress(
  url: URL,
  headersFor: (url: URL) => Record<string, string>,
  rules: NetworkRules,
): Promise<{ readonly url: URL; readonly incoming: IncomingMessage }> {
  let current = url;
  for (let hop = 0; hop <= REDIRECT_LIMIT; hop += 1) {
    const incoming = await send(current, headersFor(current), rules);
    const { location } = incoming.headers;
    if (!REDIRECTS.has(incoming.statusCode ?? 0) || location === undefined) return { url: current, incoming };
    incoming.destroy();
    current = checkRedirect(current, location);
  }
  throw new PlatformError(
    'PLUGIN_SOURCE_FAILED',
    `${presentAddress(url)} redirects more than ${REDIRECT_LIMIT} times`,
    { hint: 'Open the address in a browser and take the one that it ends at.' },
  );
}

function checkRedirect(from: URL, location: string): URL {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const isWeb = target?.protocol === 'https:' || target?.protocol === 'http:';
  const isWeaker = from.protocol === 'https:' && target?.protocol !== 'https:';
  if (target !== undefined && isWeb && !isWeaker) return target;
  const where = target === undefined ? 'an unreadable address' : presentAddress(target);
  throw new PlatformError(
    'PLUGIN_SOURCE_FAILED',
    `${presentAddress(from)} redirects to ${where}, which is refused: it would be less safe than what was asked for`,
    { hint: 'Download the ZIP yourself, look at it, and install the file.' },
  );
}

async function send(
  url: URL,
  headers: Record<string, string>,
  rules: NetworkRules,
): Promise<IncomingMessage> {
  const { isAddressAllowed, idleMs, signal } = rules;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isAddressAllowed !== undefined && isIP(host) !== 0 && !isAddressAllowed(host, host)) {
    throw refusedAddress(host);
  }
  try {
    signal.throwIfAborted();
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    // A connection that somebody else opened was not asked about, and a proxy would look names up itself.
    const guard: RequestOptions =
      isAddressAllowed === undefined ? {} : { agent: false, lookup: guardedLookup(isAddressAllowed) };
    const outgoing = request(url, {
      headers: { 'User-Agent': 'racetrack-client', 'Accept-Encoding': 'identity', ...headers },
      signal,
      ...guard,
    });
    endWhenIdle(outgoing, idleMs);
    outgoing.end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    // Without a listener a late failure would end the process; whoever reads the body hears of it.
    outgoing.on('error', () => undefined);
    incoming.on('error', () => undefined);
    return incoming;
  } catch (error) {
    throw failureOf(url, error, signal);
  }
}

function endWhenIdle(outgoing: ClientRequest, idleMs: number): void {
  outgoing.setTimeout(idleMs, () => {
    outgoing.destroy(new Error(`nothing came for ${Math.round(idleMs / 1000)} seconds`));
  });
}

/** Looks a name up once, and leaves only addresses that may be connected to: no second look-up can change them. */
function guardedLookup(isAllowed: (host: string, address: string) => boolean): RequestOptions['lookup'] {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = found.filter(({ address }) => isAllowed(host, address));
      const [first] = addresses;
      if (first === undefined) return callback(refusedAddress(host), []);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

function refusedAddress(host: string): PlatformError {
  return new PlatformError(
    'PLUGIN_SOURCE_INVALID',
    `plugins are not fetched from ${host}: its address is not one of the public internet`,
    { hint: 'Download the ZIP yourself and upload it.' },
  );
}

/**
 * What went wrong with a transfer, in words. The signal's own reason is passed on as it is.
 *
 * @param error - what was caught.
 */
export function failureOf(url: URL, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (PlatformError.is(error)) return error;
  return new PlatformError(
    'PLUGIN_SOURCE_FAILED',
    `cannot download ${presentAddress(url)}: ${reasonOf(error)}`,
    { hint: 'Check the address and the network, then try again.', cause: error },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the connection was cut off',
  ETIMEDOUT: 'no connection in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is not signed by a trusted authority",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is not signed by a trusted authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is not signed by a trusted authority",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
};

function reasonOf(error: unknown): string {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return 'the server answers plain http: use http://…';
  return REASONS[code] ?? (messageOf(inner) || code);
}
