import { isPublicEndpoint, normalizeEndpoint } from '@racetrack-platform/contracts/processes';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTarget } from './parse-target.ts';

describe('parseTarget', () => {
  test.each([
    ['/job/adder/1.0.0', 'adder', '1.0.0', '', ''],
    ['/pub/job/adder/latest/', 'adder', 'latest', '/', ''],
    ['/pub/fatman/adder/1.x/api/v1/perform?a=1;b', 'adder', '1.x', '/api/v1/perform', '?a=1;b'],
    ['/job/%61dder/%6Catest/a%2Fb', 'adder', 'latest', '/a%2Fb', ''],
    ['/job/adder/1.0.0+build/x', 'adder', '1.0.0+build', '/x', ''],
    ['http://any.host:80/pub/job/a/1?q=/../', 'a', '1', '', '?q=/../'],
    ['/job/a/1/.well-known/...', 'a', '1', '/.well-known/...', ''],
  ])('reads %s', (target, name, version, rest, query) => {
    expect(parseTarget(target)).toMatchObject({ kind: 'job', name, version, rest, query });
  });

  test.each([
    '/job/a/1/../2',
    '/job/a/1/./x',
    '/job/a/1/%2e%2E/x',
    '/job/a/1/.%2e',
    '/job/a/1/x%2F..%2Fy',
    '/job/../a/1/x',
    '/job/a/..',
    '/job/a/1/..;x=1/y',
    '/job/a/1/..%3Bx/y',
    '/job/a/1/x\\..\\y',
    '/job/a/1/%5c',
    '/job/a/1/%00',
    '/job/a/1/%0d%0aSet-Cookie:x',
    '/job/a/1/%7F',
    '/job/a/1/%',
    '/job/a/1/%4',
    '/job/a/1/%zz',
    '/job/a/1/x#y',
    '/job/a/1/x?y#z',
    '/job/a/1/%c0%ae%c0%ae/x',
    '/job/a/1/%e0%80%ae/x',
    '/job/%ff/1',
  ])('refuses %j, which another reader could understand differently', (target) => {
    expect(parseTarget(target).kind).toBe('malformed');
  });

  test.each([
    '/',
    '/job',
    '/job/',
    '/job/a',
    '/job/a/',
    '/job//1',
    '/jobs/a/1',
    '/pub',
    '/pub/',
    '*',
    'a:80',
    '/lived',
  ])('knows no route for %s', (target) => expect(parseTarget(target)).toEqual({ kind: 'unknown' }));

  test.each([
    ['/live', { kind: 'page', page: 'live' }],
    ['/pub/metrics?x', { kind: 'page', page: 'metrics' }],
    ['/pub/ready/', { kind: 'redirect', location: '/pub/ready' }],
  ])('finds the page of %s', (target, expected) => expect(parseTarget(target)).toEqual(expected));

  test.each([
    ['/a%2Fb', '/a%2Fb'],
    ['/a%2fb', '/a%2Fb'],
    ['/a%252Fb', '/a%252Fb'],
    ['/%61/%C5%81', '/a/Ł'],
    ['/\u00c5\u0081', '/Ł'],
    ['/%E4', '/%E4'],
    ['/a;b', '/a;b'],
  ])('spells the endpoint %j as %j', (rest, endpoint) => {
    expect(parseTarget(`/job/a/1${rest}`)).toMatchObject({ endpoint, rest });
  });

  /** Pieces that path tricks are made of. */
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      ';',
      '%',
      '%25',
      '%00',
      'api',
      '%C3%A9',
      '\u00c3\u00a9',
      '\u00e9',
    ),
    fc.string({ maxLength: 3 }),
  );
  const anyRest = fc
    .array(piece, { maxLength: 8 })
    .map((pieces) => `/${pieces.join('')}`.replaceAll('?', ''));

  test('whatever the path, what is authorised is what is forwarded and executed', () => {
    fc.assert(
      fc.property(anyRest, fc.constantFrom('/', '/api', '/.', '/a/b'), (rest, open) => {
        const target = parseTarget(`/job/a/1${rest}`);
        if (target.kind !== 'job') return;
        const executed = percentDecode(rest);
        expect(target.rest).toBe(rest);
        expect(percentDecode(Buffer.from(target.endpoint).toString('latin1'))).toBe(executed);
        expect(executed.split(/[/\\]/)).not.toContain('..');
        // Also for jobs that take an escaped slash for a slash, nothing is open that they would not call open.
        const isAuthorisedOpen = isPublicEndpoint(normalizeEndpoint(target.endpoint), [open]);
        expect(!isAuthorisedOpen || isPublicEndpoint(normalizeEndpoint(executed), [open])).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a path that any URL parser would resolve elsewhere is never accepted', () => {
    fc.assert(
      fc.property(anyRest, (rest) => {
        const target = parseTarget(`/job/a/1${rest}`);
        if (target.kind !== 'job') return;
        const resolved = new URL(`http://job/pub/job/a/1${target.rest}`).pathname;
        expect(resolved.split('/')).toHaveLength(`/pub/job/a/1${rest}`.split('/').length);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** One character per byte, as a server decodes that does not care about the charset. */
function percentDecode(path: string): string {
  return path.replace(/%([\dA-Fa-f]{2})/g, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
