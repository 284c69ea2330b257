import { BlockList, isIP } from 'node:net';

/** Whether what a peer says of its clients is believed. */
export type ProxyTrust = (address: string) => boolean;

/** @param ranges - addresses and ranges such as `10.0.0.0/8`; none: nobody is believed. */
export function createProxyTrust(ranges: readonly string[]): ProxyTrust {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    // An IPv4 client of a socket for both families.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  };
}

/**
 * Who the client is: the last address of the chain that no trusted proxy stands for, as Fastify finds it for HTTP.
 *
 * @param peer - the other end of the connection.
 * @param forwardedFor - the header `X-Forwarded-For`: each proxy appends whom it saw.
 */
export function findClientAddress(trust: ProxyTrust, peer: string, forwardedFor: string | undefined): string {
  const chain = (forwardedFor ?? '').split(',').map((entry) => entry.trim());
  let client = peer;
  for (const address of chain.reverse()) {
    if (address === '' || !trust(client)) return client;
    client = address;
  }
  return client;
}
