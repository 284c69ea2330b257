import { parseAddress, type ParsedAddress } from './parse-address.ts';

/** Whether what a peer says of its clients is believed. */
export type ProxyTrust = (address: string) => boolean;

interface Range extends ParsedAddress {
  readonly prefix: number;
}

/**
 * The rule of lifecycle and pub alike.
 *
 * @param ranges - addresses and ranges such as `10.0.0.0/8`; none: nobody is believed. What is neither counts for nobody.
 */
export function createProxyTrust(ranges: readonly string[]): ProxyTrust {
  const trusted = ranges.map(parseRange).filter((range) => range !== undefined);
  return (text) => {
    const address = trusted.length === 0 ? undefined : parseAddress(text);
    return address !== undefined && trusted.some((range) => contains(range, address));
  };
}

/** Whether {@link createProxyTrust} understands it. */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/**
 * Who the client is, and the proxies after it: from the last address of the chain that no trusted proxy stands for on.
 * What stands before it anybody may have written.
 *
 * @param peer - the other end of the connection.
 * @param forwardedFor - the header `X-Forwarded-For`: each proxy appends whom it saw.
 * @returns the client first, `peer` last.
 */
export function findForwardedChain(
  trust: ProxyTrust,
  peer: string,
  forwardedFor: string | undefined,
): readonly [string, ...string[]] {
  const chain: [string, ...string[]] = [peer];
  const said = (forwardedFor ?? '').split(',').map((entry) => entry.trim());
  for (const address of said.reverse()) {
    if (address === '' || !trust(chain[0])) return chain;
    chain.unshift(address);
  }
  return chain;
}

/** The first of {@link findForwardedChain}. */
export function findClientAddress(trust: ProxyTrust, peer: string, forwardedFor: string | undefined): string {
  return findForwardedChain(trust, peer, forwardedFor)[0];
}

function parseRange(text: string): Range | undefined {
  const [start = '', prefix, ...more] = text.trim().split('/');
  const address = parseAddress(start);
  if (address === undefined || more.length > 0) return undefined;
  if (prefix === undefined) return { ...address, prefix: address.bits };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > address.bits) return undefined;
  return { ...address, prefix: Number(prefix) };
}

function contains(range: Range, address: ParsedAddress): boolean {
  if (range.bits !== address.bits) return false;
  const shift = BigInt(range.bits - range.prefix);
  return range.value >> shift === address.value >> shift;
}
