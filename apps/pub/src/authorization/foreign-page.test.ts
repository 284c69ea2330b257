import { describe, expect, test } from 'vitest';
import { isFromForeignPage } from './foreign-page.ts';

function isForeign(headers: Record<string, string>, isFromTrustedProxy = true): boolean {
  return isFromForeignPage(
    (name) => headers[name],
    () => isFromTrustedProxy,
  );
}

describe('isFromForeignPage', () => {
  test.each<[string, Record<string, string>]>([
    ['a program, which says nothing', { host: 'pub.example' }],
    ['a page of this address', { host: 'pub.example:7005', origin: 'http://pub.example:7005' }],
    ['a page in another spelling', { host: 'Pub.Example:443', origin: 'https://pub.example' }],
    [
      'a page behind a proxy that changes the host',
      {
        host: 'pub:7005',
        'x-forwarded-host': 'racetrack.example, inner',
        origin: 'https://racetrack.example',
      },
    ],
    [
      'a page that the browser vouches for',
      { host: 'pub:7005', 'sec-fetch-site': 'same-origin', origin: 'https://racetrack.example' },
    ],
  ])('lets %s pass', (_title, headers) => {
    expect(isForeign(headers)).toBe(false);
  });

  test.each<[string, Record<string, string>]>([
    ['another site', { host: 'pub.example', origin: 'https://evil.example' }],
    ['another port', { host: 'pub.example:7005', origin: 'http://pub.example:7003' }],
    ['a name that only begins alike', { host: 'pub.example', origin: 'https://pub.example.evil.example' }],
    ['a sandboxed frame or a file', { host: 'pub.example', origin: 'null' }],
    ['an extension', { host: 'pub.example', origin: 'chrome-extension://pub.example' }],
    ['nowhere', { host: '', origin: 'file://' }],
    [
      'what the browser calls another site',
      { host: 'pub.example', origin: 'http://pub.example', 'sec-fetch-site': 'cross-site' },
    ],
  ])('knows a page of %s', (_title, headers) => {
    expect(isForeign(headers)).toBe(true);
  });

  test('believes nobody but a trusted proxy under which name the page knows us', () => {
    const headers = {
      host: 'pub:7005',
      'x-forwarded-host': 'evil.example',
      origin: 'https://evil.example',
    };
    expect(isForeign(headers, false)).toBe(true);
  });
});
