import { describe, expect, test } from 'vitest';
import { findToken, stripAuthCookies } from './find-token.ts';

describe('findToken', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['nothing', {}, undefined],
    ['an empty header', { 'x-racetrack-auth': '' }, undefined],
    ['the header before the cookie', { 'x-racetrack-auth': 'h', cookie: 'X-Racetrack-Auth=c' }, 'h'],
    ['the cookie when the header is empty', { 'x-racetrack-auth': '', cookie: 'X-Racetrack-Auth=c' }, 'c'],
    [
      'the new cookie before a legacy header',
      { 'x-racetrack-esc-auth': 'e', cookie: 'X-Racetrack-Auth=c' },
      'c',
    ],
    [
      'the ESC header before the user header',
      { 'x-racetrack-esc-auth': 'e', 'x-racetrack-user-auth': 'u' },
      'e',
    ],
    ['a legacy cookie', { cookie: 'a=b; X-Racetrack-User-Auth=u' }, 'u'],
    ['a percent-encoded cookie', { cookie: 'X-Racetrack-Auth=%2F%2B%3D' }, '/+='],
    ['a cookie with a plus', { cookie: 'X-Racetrack-Auth=a+b=' }, 'a+b='],
    ['a quoted cookie', { cookie: 'X-Racetrack-Auth="q"' }, 'q'],
    ['a cookie that is not percent-encoded', { cookie: 'X-Racetrack-Auth=%zz' }, '%zz'],
    [
      'no cookie whose name only contains the word',
      { cookie: 'My-X-Racetrack-Auth=c; X-Racetrack-Auth2=d' },
      undefined,
    ],
  ])('finds %s', (_title, headers, expected) => {
    expect(findToken((name) => headers[name])).toBe(expected);
  });
});

describe('stripAuthCookies', () => {
  test.each([
    ['a=1; b="x=y"', 'a=1; b="x=y"'],
    ['X-Racetrack-Auth=s', undefined],
    ['a=1; X-Racetrack-Auth=s; b=2', 'a=1; b=2'],
    ['X-Racetrack-Auth=s; a=1;X-Racetrack-Esc-Auth=t; X-Racetrack-User-Auth=u', 'a=1'],
    ['X-Racetrack-Auth2=kept', 'X-Racetrack-Auth2=kept'],
  ])('turns %s into %s', (cookies, expected) => expect(stripAuthCookies(cookies)).toBe(expected));
});
