import { PlatformError } from '@racetrack-platform/errors';
import { describe, expect, test } from 'vitest';
import { presentToBrowser } from './present-to-browser.ts';
import { NOT_FOUND, renderError } from './render-error.ts';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', host: 'ai.example:18105' };
const error = new PlatformError('NOT_AUTHENTICATED', 'not logged in as <b>', { hint: 'Sign in & "again".' });
const own = renderError(error, 'id');

describe('a refusal in a browser', () => {
  test('is a page that leads to signing in, with nothing in it taken for markup', () => {
    const { status, headers, body } = presentToBrowser(own, {
      method: 'GET',
      headers: BROWSER,
      signInPort: 18103,
    });

    expect(status).toBe(401);
    expect(headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
    });
    expect(body).toContain('not logged in as &#60;b&#62;');
    expect(body).toContain('<a href="http://ai.example:18103/">Sign in</a>');
  });

  test.each([
    ['a host that is none', { ...BROWSER, host: 'x"><script>' }, 18103],
    ['a proxy in between', { ...BROWSER, 'x-forwarded-for': '10.0.0.1' }, 18103],
    ['a port that is not known', BROWSER, undefined],
  ])('has no link with %s', (_title, headers, signInPort) => {
    expect(presentToBrowser(own, { method: 'GET', headers, signInPort }).body).not.toMatch(/href|script/);
  });

  test('names the addresses of jobs where there is nothing', () => {
    const visit = { method: 'GET', headers: BROWSER, signInPort: undefined };

    expect(presentToBrowser(NOT_FOUND, visit)).toMatchObject({
      status: 404,
      body: expect.stringMatching(/404 page not found[^]*\/pub\/job\/NAME\/VERSION/),
    });
  });
});

test.each([
  ['POST', BROWSER],
  ['GET', { accept: '*/*' }],
  ['GET', {}],
])('every other client reads it as it always was: %s %j', (method, headers) => {
  expect(presentToBrowser(own, { method, headers, signInPort: 18103 })).toBe(own);
});
