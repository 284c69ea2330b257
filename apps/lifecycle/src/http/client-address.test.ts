import { expect, test } from 'vitest';
import { createProxyTrust, findClientAddress } from './client-address.ts';

const trust = createProxyTrust(['10.0.0.0/8', '::1', '192.0.2.7']);

test.each([
  ['198.51.100.1', undefined, '198.51.100.1'],
  ['198.51.100.1', '203.0.113.9', '198.51.100.1'],
  ['10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['10.1.2.3', 'forged, 203.0.113.9', '203.0.113.9'],
  ['::1', '203.0.113.9, 192.0.2.7', '203.0.113.9'],
  ['::1', '', '::1'],
  ['10.1.2.3', '203.0.113.9, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
])('the client of %s that says %j is %s', (peer, header, client) => {
  expect(findClientAddress(trust, peer, header)).toBe(client);
});

test('without trusted proxies nobody is believed', () => {
  expect(findClientAddress(createProxyTrust([]), '127.0.0.1', '203.0.113.9')).toBe('127.0.0.1');
});
