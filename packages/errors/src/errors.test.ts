import { describe, expect, test } from 'vitest';
import { PlatformError, presentError, scrub, toPlatformError } from './index.ts';

describe('scrub', () => {
  test.each([
    ['https://bob:pw@git.example/a', 'https://***@git.example/a'],
    ['https://token@git.example/a', 'https://***@git.example/a'],
    ['see https://git.example/a', 'see https://git.example/a'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1', 'token [token]'],
    ['a\u001b[31mred\u0007\tb\n', 'a[31mred\tb\n'],
  ])('turns %j into %j', (text, expected) => {
    expect(scrub(text)).toBe(expected);
  });
});

describe('PlatformError', () => {
  test('carries code, hint and no credentials to the wire', () => {
    const error = new PlatformError('SOURCE_UNAVAILABLE', 'cannot reach https://u:p@host/r', {
      hint: 'Look.',
    });

    expect(presentError(error, 'r-1')).toEqual({
      error: 'cannot reach https://***@host/r',
      code: 'SOURCE_UNAVAILABLE',
      hint: 'Look.',
      request_id: 'r-1',
      type: 'RuntimeError',
    });
  });

  test('a bug becomes INTERNAL, an expected failure keeps its code and hint', () => {
    const expected = new PlatformError('JOB_NOT_FOUND', 'no job', { hint: 'List them.' });

    expect(toPlatformError(new TypeError('x is undefined')).code).toBe('INTERNAL');
    expect(toPlatformError(expected, 'calling')).toMatchObject({
      code: 'JOB_NOT_FOUND',
      message: 'calling: no job',
      hint: 'List them.',
    });
  });
});
