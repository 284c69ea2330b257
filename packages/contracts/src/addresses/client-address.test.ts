import { BlockList, isIP } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProxyTrust, findClientAddress, findForwardedChain, isAddressRange } from './client-address.ts';
import { parseAddress } from './parse-address.ts';

const trust = createProxyTrust(['10.0.0.0/8', '::1', '192.0.2.7', 'fd00::/8']);

test.each([
  ['198.51.100.1', undefined, '198.51.100.1'],
  ['198.51.100.1', '203.0.113.9', '198.51.100.1'],
  ['10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['fd00::1%eth0', '203.0.113.9', '203.0.113.9'],
  ['10.1.2.3', 'forged, 203.0.113.9', '203.0.113.9'],
  ['::1', '203.0.113.9, 192.0.2.7', '203.0.113.9'],
  ['::1', '', '::1'],
  ['10.1.2.3', '203.0.113.9, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
])('the client of %s that says %j is %s', (peer, header, client) => {
  expect(findClientAddress(trust, peer, header)).toBe(client);
});

test('the proxies after the client are told in their order', () => {
  expect(findForwardedChain(trust, '::1', 'forged, 203.0.113.9, 192.0.2.7')).toEqual([
    '203.0.113.9',
    '192.0.2.7',
    '::1',
  ]);
});

test('without trusted proxies nobody is believed', () => {
  expect(findClientAddress(createProxyTrust([]), '127.0.0.1', '203.0.113.9')).toBe('127.0.0.1');
});

test('addresses are what the system takes for addresses', () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[\da-f:.]{1,24}$/),
    fc.ipV4().map((address) => `::ffff:${address}`),
  );
  fc.assert(
    fc.property(text, (address) => {
      expect(parseAddress(address) !== undefined).toBe(isIP(address) !== 0);
    }),
    { numRuns: 1_000 },
  );
});

test('ranges hold what the system says they hold', () => {
  const mask = (max: number) => fc.integer({ min: 1, max });
  const cases = fc.oneof(
    fc.tuple(fc.ipV4(), mask(32), fc.ipV4(), fc.constant('ipv4' as const)),
    fc.tuple(fc.ipV6(), mask(128), fc.ipV6(), fc.constant('ipv6' as const)),
  );
  fc.assert(
    fc.property(cases, ([start, prefix, address, family]) => {
      // Addresses of both families in one are those of IPv4 here.
      fc.pre(!/ffff/i.test(start + address));
      const list = new BlockList();
      list.addSubnet(start, prefix, family);
      const trusts = createProxyTrust([`${start}/${prefix}`]);
      for (const candidate of [start, address]) {
        expect(trusts(candidate)).toBe(list.check(candidate, family));
      }
    }),
  );
});

test.each(['10.0.0.0/33', '10.0.0/8', '::/129', '1.2.3.4/8/8', 'proxy.example', '', '01.2.3.4', '1::2::3'])(
  '%j is no range',
  (text) => expect(isAddressRange(text)).toBe(false),
);
