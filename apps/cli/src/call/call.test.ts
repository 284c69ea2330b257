import { describe, expect, test } from 'vitest';
import { adviseOnFailure } from './advise-on-failure.ts';
import { parseExactJson, renderExactJson } from './exact-json.ts';
import { jobUrl } from './job-url.ts';
import { renderCurl } from './render-curl.ts';

describe('jobUrl', () => {
  const base = 'http://pub:7005/pub/job/adder/0.0.1';

  test.each([
    ['api/v1/perform', `${base}/api/v1/perform`],
    ['/api/v1/perform?x=1&y=a b', `${base}/api/v1/perform?x=1&y=a%20b`],
  ])('joins %s', (endpoint, url) => {
    expect(jobUrl(base, endpoint)).toBe(url);
  });

  test.each(['/../../other/0.0.1/api', '../x', '//evil.example/../../../../x'])('refuses %s', (endpoint) => {
    expect(() => jobUrl(base, endpoint)).toThrow(/leads out of the job/);
  });

  test.each([null, undefined, '', 'nonsense'])('explains the missing address %s', (pubUrl) => {
    expect(() => jobUrl(pubUrl, '/x')).toThrow(/no address/);
  });
});

test('JSON is shown with the numbers as the job wrote them', () => {
  const text = '{"id":12345678901234567890,"x":1.0,"y":[1e3,2]}';

  expect(renderExactJson(parseExactJson(text), 0)).toBe(text);
  expect(parseExactJson('not json')).toBeUndefined();
});

describe('a call that fails', () => {
  const call = { name: 'teller', endpoint: '/api/v1/perform', version: '0.0.1', told: undefined };
  const advise = (status: number, body: object, more: object = {}) =>
    adviseOnFailure({ status, isJson: true, text: JSON.stringify(body) }, { ...call, ...more });

  test('hands on the command that would have let the job call another one', () => {
    const grant = 'racetrack permission grant job:teller call_job --job pricer/0.0.1';

    expect(advise(500, { error: 'job pricer has answered 401: no permission', hint: `Ask: ${grant}` })).toBe(
      `Ask: ${grant}`,
    );
    expect(advise(500, { error: `HTTP 401: {"hint": "Ask for the permission: ${grant}"}` })).toBe(
      `Ask an administrator for the permission: ${grant}`,
    );
  });

  test('says where the functions of a job are, and else where its own words are', () => {
    expect(advise(404, { error: 'nothing' }, { endpoint: 'perform' })).toContain('/api/v1/perform');
    expect(advise(404, { error: 'nothing' })).toBeUndefined();
    expect(advise(500, { error: "'MY_SETTING'" })).toContain('`runtime_env`');
    expect(advise(500, { error: 'x' })).toBe(
      'See what the job printed: racetrack logs teller --version 0.0.1',
    );
  });
});

describe('renderCurl', () => {
  test('quotes the payload and leaves the token to a sub-command', () => {
    const command = renderCurl({
      method: 'POST',
      url: 'http://h/pub/job/a/1/x?a=1&b=2',
      body: `{"q": "it's $HOME"}`,
      tokenCommand: 'racetrack get auth-token',
    });

    expect(command).toContain(`'http://h/pub/job/a/1/x?a=1&b=2'`);
    expect(command).toContain(`-H "X-Racetrack-Auth: $(racetrack get auth-token)"`);
    expect(command).toContain(`-d '{"q": "it'\\''s $HOME"}'`);
  });

  test('has neither token nor body where there is none', () => {
    expect(renderCurl({ method: 'GET', url: 'http://h/x', body: undefined, tokenCommand: undefined })).toBe(
      `curl -X GET \\\n  http://h/x \\\n  -H 'Accept: application/json'`,
    );
  });
});
