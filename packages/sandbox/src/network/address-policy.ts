import { BlockList, isIP } from 'node:net';
import { PlatformError } from '@racetrack-platform/errors';

/** Stands for every private address in a list of what is allowed. */
export const ALL_PRIVATE = '*';

/** Decides where sources may be fetched from. */
export interface AddressPolicy {
  /**
   * Whether an address may be connected to.
   *
   * @param host - the name or literal address that was asked for, as `new URL` spells it, without brackets.
   * @param address - what it stands for; IPv4 or IPv6.
   */
  readonly allows: (host: string, address: string) => boolean;
}

/** What is not the public internet (the IANA registries of special-purpose addresses, RFC 6890, as of 2026). */
const PRIVATE_IPV4 = listWords(`
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
`);

/** With those that carry an IPv4 address inside: IPv4-compatible (RFC 4291), Teredo, 6to4. NAT64 is looked into. */
const PRIVATE_IPV6 = listWords(`
  ::/96 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 64:ff9b:1::/48 fc00::/7 fe80::/10 fec0::/10
  ff00::/8
`);

/** The well-known prefix of NAT64 (RFC 6052): an IPv4 address in its last 32 bits. */
const NAT64 = /^64:ff9b::(?:([\da-f]{1,4}):)?([\da-f]{1,4})$/i;

const PRIVATE = toBlockList([...PRIVATE_IPV4, ...PRIVATE_IPV6]);

/**
 * Makes the policy of a server.
 *
 * @param allowed - host names and address ranges (`10.1.0.0/16`, a single address too) that may be private;
 *   {@link ALL_PRIVATE} for all of them.
 * @throws PlatformError `CONFIG_INVALID` for a range that is none.
 */
export function createAddressPolicy(allowed: readonly string[]): AddressPolicy {
  if (allowed.includes(ALL_PRIVATE)) return { allows: () => true };
  const entries = allowed.map((entry) => entry.toLowerCase());
  const names = new Set(entries);
  const ranges = toBlockList(entries.filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0));
  return {
    allows: (host, address) =>
      !isPrivateAddress(address) || names.has(host.toLowerCase()) || isListed(ranges, address),
  };
}

/** Whether an address lies outside the public internet, or is none at all. */
export function isPrivateAddress(address: string): boolean {
  const plain = withoutZone(address);
  if (isIP(plain) === 0) return true;
  const embedded = findNat64(plain);
  return isListed(PRIVATE, embedded ?? plain);
}

function isListed(list: BlockList, address: string): boolean {
  const plain = withoutZone(address);
  // An IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`) is found among the ranges of IPv4.
  return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

function findNat64(address: string): string | undefined {
  // One spelling of many: hexadecimal, shortened, as URLs have it.
  const spelled = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? '';
  const [, high = '0', low] = NAT64.exec(spelled) ?? [];
  if (low === undefined) return undefined;
  const bits = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

/** The zone of a link-local address (`fe80::1%eth0`) says nothing about where it is. */
function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? '';
}

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    try {
      list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
    } catch (cause) {
      throw new PlatformError('CONFIG_INVALID', `"${range}" is not a range of addresses`, {
        cause,
        hint: 'Write ranges in RACETRACK_GIT_ALLOW_PRIVATE such as 10.1.0.0/16 or fd00::/8.',
      });
    }
  }
  return list;
}

function listWords(text: string): string[] {
  return text.trim().split(/\s+/);
}
