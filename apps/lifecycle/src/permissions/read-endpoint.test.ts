import { describe, expect, test } from 'vitest';
import { readEndpoint } from './read-endpoint.ts';

describe('readEndpoint', () => {
  test.each([
    ['', '/'],
    ['/', '/'],
    ['/api/v1/perform/', '/api/v1/perform'],
    ['/%61pi', '/api'],
    ['/a%2fb', '/a%2Fb'],
    ['/a%25b', '/a%25b'],
    ['//live', '//live'],
    ['/%C3%A9', '/é'],
  ])('spells %j as %j', (tail, expected) => {
    expect(readEndpoint(tail)).toBe(expected);
  });

  test.each(['/x/../live', '/%2e%2e/x', '/.', '/..;a=b/x', '/a%5cb', '/a%00', '/%zz', '/%ff'])(
    'refuses %s, which others could read differently',
    (tail) => {
      expect(() => readEndpoint(tail)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
    },
  );
});
