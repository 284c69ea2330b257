import { describe, expect, test } from 'vitest';
import { canonicalServer, isBareWord, isLoopbackUrl, resolveRemote } from './resolve-remote.ts';

const ALIASES = { dev: 'http://127.0.0.1:7777', nested: 'dev' };

describe('resolveRemote', () => {
  test.each([
    ['http://127.0.0.1:7002', 'http://127.0.0.1:7002/lifecycle'],
    ['dev', 'http://127.0.0.1:7777/lifecycle'],
    ['DEV', 'https://DEV/lifecycle'],
    ['nested', 'https://dev/lifecycle'],
    ['test-cluster/lifecycle', 'https://test-cluster/lifecycle'],
    ['http://h', 'http://h/lifecycle'],
    ['h:7102/rt/lifecycle', 'https://h:7102/rt/lifecycle'],
    ['user@h', 'https://user@h/lifecycle'],
    ['http://[::1]:7102', 'http://[::1]:7102/lifecycle'],
    ['__proto__', 'https://__proto__/lifecycle'],
  ])('resolves %s to %s as the original does', (text, url) => {
    expect(resolveRemote(text, ALIASES)).toBe(url);
  });

  test.each([
    ['localhost', 'http://localhost/lifecycle'],
    ['localhost:7002', 'http://localhost:7002/lifecycle'],
    ['127.0.0.1:7102', 'http://127.0.0.1:7102/lifecycle'],
    ['[::1]:7102', 'http://[::1]:7102/lifecycle'],
    ['localhost.example.com', 'https://localhost.example.com/lifecycle'],
    ['localhost@evil.example', 'https://localhost@evil.example/lifecycle'],
  ])('takes %s for http only on the loopback interface', (text, url) => {
    expect(resolveRemote(text, {})).toBe(url);
  });

  test.each([
    ['http://h/', 'http://h/lifecycle'],
    ['http://h/rt/', 'http://h/rt'],
    ['https://h/lifecycle///', 'https://h/lifecycle'],
  ])('keeps no slash at the end of %s', (text, url) => {
    expect(resolveRemote(text, {})).toBe(url);
  });

  test.each([
    'http://h?q=1',
    'http://h/lifecycle#x',
    '',
    'ftp://h',
    'http://',
    'http://a b',
    'http://h:99999',
  ])('refuses %j', (text) => {
    expect(() => resolveRemote(text, {})).toThrow(/cannot be a remote/);
  });
});

test.each(['1.0.0', 'v1.2', '1.x', '2.0.0-rc.1'])(
  '%s in place of a remote is a version without its option',
  (text) => {
    expect(() => resolveRemote(text, {})).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: `A version is given as an option: --version ${text}` }),
    );
  },
);

describe('canonicalServer', () => {
  test.each([
    ['http://localhost:7002/lifecycle', 'http://127.0.0.1:7002/lifecycle'],
    ['http://[::1]:7002/lifecycle', 'http://LOCALHOST:7002/lifecycle/'],
    ['https://Host:443/lifecycle', 'https://host/lifecycle'],
    ['http://h/', 'http://h/lifecycle'],
  ])('%s and %s are one server', (a, b) => {
    expect(canonicalServer(a)).toBe(canonicalServer(b));
  });

  test.each([
    ['http://localhost:7002/lifecycle', 'http://localhost:7003/lifecycle'],
    ['http://h/lifecycle', 'https://h/lifecycle'],
    ['http://h/a', 'http://h/b'],
  ])('%s and %s are two', (a, b) => {
    expect(canonicalServer(a)).not.toBe(canonicalServer(b));
  });
});

test('isLoopbackUrl knows this machine by its three names', () => {
  expect(['http://localhost:1/x', 'https://127.0.0.1', 'http://[::1]:7'].every(isLoopbackUrl)).toBe(true);
  expect(isLoopbackUrl('http://localhost.example.com')).toBe(false);
});

test('isBareWord is true for what may be an alias with a typo', () => {
  expect(['DEV', 'my-server'].every(isBareWord)).toBe(true);
  expect(['localhost', 'a.b', 'h:7002', 'http://h', 'h/x'].some(isBareWord)).toBe(false);
});
