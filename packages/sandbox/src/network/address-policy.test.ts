import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressPolicy, isPrivateAddress } from './address-policy.ts';

describe('isPrivateAddress', () => {
  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '100.64.0.1',
    '255.255.255.255',
    '224.0.0.1',
    '::',
    '::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '2002:7f00:1::',
    '2001::1',
    '',
    'localhost',
    '1.2.3',
  ])('%j is private', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  test.each([
    '1.1.1.1',
    '172.32.0.1',
    '192.169.0.1',
    '2606:4700::1111',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
  ])('%j is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe('createAddressPolicy', () => {
  test('allows public addresses, and private ones by name, by range or all together', () => {
    const policy = createAddressPolicy(['Git.Acme.lan', '10.1.0.0/16', 'fd00::/8', '192.168.7.7']);

    expect(policy.allows('example.com', '1.1.1.1')).toBe(true);
    expect(policy.allows('git.acme.lan', '192.168.0.9')).toBe(true);
    expect(policy.allows('other.acme.lan', '192.168.0.9')).toBe(false);
    expect(policy.allows('x', '10.1.255.1')).toBe(true);
    expect(policy.allows('x', '::ffff:10.1.0.1')).toBe(true);
    expect(policy.allows('x', '10.2.0.1')).toBe(false);
    expect(policy.allows('x', 'fd00::5')).toBe(true);
    expect(policy.allows('x', '192.168.7.7')).toBe(true);
    expect(createAddressPolicy(['*']).allows('x', '127.0.0.1')).toBe(true);
  });

  test('refuses a range that is none', () => {
    expect(() => createAddressPolicy(['10.0.0.0/99'])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  test('however a private IPv4 address is spelled in a URL, it is refused', () => {
    const policy = createAddressPolicy([]);
    const privateBits = fc
      .tuple(fc.constantFrom(0x0a000000, 0x7f000000, 0xa9fe0000, 0xc0a80000, 0xac100000), fc.nat(0xffff))
      .map(([range, rest]) => (range | rest) >>> 0);
    fc.assert(
      fc.property(privateBits, fc.nat(6), (bits, spelling) => {
        const host = new URL(`https://${spellings(bits)[spelling]}/repo`).hostname.replace(/^\[|\]$/g, '');
        expect(policy.allows(host, host)).toBe(false);
      }),
    );
  });
});

/** Ways to write an IPv4 address that URL parsing accepts (URL Standard, 3.5), and two that hide it in IPv6. */
function spellings(bits: number): string[] {
  const parts = [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff);
  const hex = bits.toString(16).padStart(8, '0');
  return [
    parts.join('.'),
    String(bits),
    `0x${hex}`,
    parts.map((part) => `0${part.toString(8)}`).join('.'),
    `${parts[0]}.${bits & 0xffffff}`,
    `[::ffff:${parts.join('.')}]`,
    `[64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}]`,
  ];
}
