import { describe, expect, test } from 'vitest';
import { createClient, encodePath, type Fetch } from './index.ts';

interface Call {
  readonly url: string;
  readonly init: Parameters<Fetch>[1];
}

/** A `fetch` that answers from a list; the last answer stays. */
function fakeFetch(...answers: readonly (Response | Error)[]) {
  const calls: Call[] = [];
  const fetch: Fetch = async (url, init) => {
    calls.push({ url, init });
    const answer = answers[Math.min(calls.length, answers.length) - 1];
    if (answer instanceof Response) return answer.clone();
    throw answer ?? new Error('no answer');
  };
  return { fetch, calls };
}

function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

function networkError(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`${code} text`), { code }) });
}

function clientWith(fetch: Fetch, retries = 0) {
  return createClient({ url: 'http://h/lifecycle/', token: 'tok', fetch, retries });
}

describe('encodePath', () => {
  test('encodes every segment', () => {
    expect(encodePath('job', 'a/b?c#d e', '1.x')).toBe('/job/a%2Fb%3Fc%23d%20e/1.x');
  });

  test.each(['', '.', '..'])('refuses the segment %j, which URL parsers fold away', (segment) => {
    expect(() => encodePath('job', segment)).toThrow(/cannot be a part/);
  });
});

describe('a request', () => {
  test('to the address of pub is answered with whose address it is', async () => {
    const { fetch } = fakeFetch(new Response('404 page not found', { status: 404 }));

    await expect(clientWith(fetch).listJobs()).rejects.toMatchObject({
      hint: expect.stringContaining('the remote is the address of lifecycle') as unknown,
    });
  });

  test('carries the token, except to the public routes', async () => {
    const { fetch, calls } = fakeFetch(json({ auth_required: true }));
    const client = clientWith(fetch);

    await client.info();
    await client.login({ username: 'u', password: 'p' }).catch(() => undefined);
    await client.listJobs().catch(() => undefined);

    const tokens = calls.map(({ init }) => new Headers(init.headers).get('x-racetrack-auth'));
    expect(tokens).toEqual([null, null, 'tok']);
    expect(calls[0]?.url).toBe('http://h/lifecycle/api/v1/info');
  });

  test('carries user and password of the address as Basic authentication', async () => {
    const { fetch, calls } = fakeFetch(json({ auth_required: true }));

    await createClient({ url: 'https://bob:p%40ss@h/lifecycle', fetch }).info();

    expect(calls[0]?.url).toBe('https://h/lifecycle/api/v1/info');
    expect(new Headers(calls[0]?.init.headers).get('authorization')).toBe(`Basic ${btoa('bob:p@ss')}`);
  });

  test.each(['nonsense', 'ftp://h'])('is not made for the address %s', (url) => {
    expect(() => createClient({ url })).toThrow(/is (not a URL|neither)/);
  });

  test('is told about when it ends, without secrets', async () => {
    const { fetch } = fakeFetch(json({ auth_required: true }));
    const exchanges: unknown[] = [];

    await createClient({
      url: 'http://h',
      token: 't',
      fetch,
      onExchange: (one) => exchanges.push(one),
    }).info();

    expect(exchanges).toEqual([
      { method: 'GET', url: 'http://h/api/v1/info', status: 200, durationMs: expect.any(Number) as number },
    ]);
  });

  test('sends a build context in pieces as one JSON text', async () => {
    const { fetch, calls } = fakeFetch(json({ id: 'd' }));
    const payload = { manifest: { name: 'a' }, build_context: null, force: false };

    await clientWith(fetch).deploy(payload, { buildContext: ['H4s', 'IAA=='] });

    const body = calls[0]?.init.body;
    expect(body).toBeInstanceOf(Blob);
    expect(JSON.parse(await (body as Blob).text())).toEqual({ ...payload, build_context: 'H4sIAA==' });
  });
});

describe('an answer', () => {
  test('keeps fields of a newer server, and may lack those of ours', async () => {
    const deployment = { id: 'd', status: 'DONE', phase: null, further: 1 };

    expect(await clientWith(fakeFetch(json(deployment)).fetch).getDeployment('d')).toEqual({
      ...deployment,
      status: 'done',
    });
  });

  test.each([
    [
      new Response('<html>', { headers: { 'content-type': 'text/html' } }),
      /expected JSON response, got "text\/html"/,
    ],
    [new Response(null), /expected JSON response, got no content type/],
    [new Response('', { headers: { 'content-type': 'application/json' } }), /no content in the answer/],
    [new Response('{', { headers: { 'content-type': 'application/json' } }), /broken JSON/],
    [json([]), /unexpected answer of GET http:\/\/h\/lifecycle\/api\/v1\/info/],
  ])('that cannot be understood is explained (%#)', async (answer, text) => {
    await expect(clientWith(fakeFetch(answer).fetch).info()).rejects.toThrow(text);
  });

  test('may carry a warning of the server', async () => {
    const headers = { 'x-racetrack-warning': 'not in force yet' };
    const { fetch } = fakeFetch(new Response('null', { headers }));
    const warnings: string[] = [];
    const client = createClient({
      url: 'http://h/lifecycle',
      fetch,
      onWarning: (text) => warnings.push(text),
    });

    await client.deleteJob('a', '1');
    await client.callJob({ url: 'http://h/pub/job/a/1', method: 'GET' });

    expect(warnings).toEqual(['not in force yet']);
  });

  test('without content is enough for a deletion', async () => {
    await expect(
      clientWith(fakeFetch(new Response(null, { status: 204 })).fetch).deleteJob('a', '1'),
    ).resolves.toBeUndefined();
  });
});

describe('a failed answer', () => {
  test('becomes an error with the code, text and hint of the server', async () => {
    const body = {
      error: 'no such job',
      code: 'JOB_NOT_FOUND',
      hint: 'List them.',
      request_id: 'r',
      type: 'x',
    };

    await expect(clientWith(fakeFetch(json(body, 404)).fetch).listJobs()).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
      message: 'no such job',
      hint: 'List them.',
    });
  });

  test('names the request to look for when the server is at fault', async () => {
    const body = { error: 'fault', code: 'INTERNAL', hint: null, request_id: 'r-7', type: 'x' };

    await expect(clientWith(fakeFetch(json(body, 500)).fetch).listJobs()).rejects.toMatchObject({
      hint: 'Look for request r-7 in the log of the server.',
    });
  });

  test.each([
    [400, { error: 'e' }, 'BAD_REQUEST', 'Lifecycle response error: Bad Request: e'],
    [401, { error: 'e' }, 'NOT_AUTHENTICATED', 'Lifecycle response error: Unauthorized: e'],
    [404, { error: 'e', code: 'FROM_THE_FUTURE' }, 'NOT_FOUND', 'Lifecycle response error: Not Found: e'],
    [409, { error: 'e' }, 'ALREADY_EXISTS', 'Lifecycle response error: Conflict: e'],
    [500, { error: 'e' }, 'INTERNAL', 'Lifecycle response error: Internal Server Error: e'],
    [
      422,
      { detail: [{ loc: ['body', 'manifest'], msg: 'missing' }] },
      'REQUEST_INVALID',
      'Lifecycle response error: 422 Unprocessable Entity for url: GET http://h/lifecycle/api/v1/job: body.manifest: missing',
    ],
    [499, 'x', 'INTERNAL', 'Lifecycle response error: 499'],
  ])('%i of a server without codes keeps the original words', async (status, body, code, message) => {
    await expect(clientWith(fakeFetch(json(body, status)).fetch).listJobs()).rejects.toMatchObject({
      code,
      message,
    });
  });

  test('of a deployment says what was being done', async () => {
    const failed = () => clientWith(fakeFetch(json({ error: 'e' }, 500)).fetch);

    await expect(failed().deploy({ manifest: {} })).rejects.toThrow(/^Lifecycle deploying error: /);
    await expect(failed().getDeployment('d')).rejects.toThrow(/^Lifecycle deployment status: /);
  });
});

describe('a request without an answer', () => {
  test.each([
    ['ECONNREFUSED', /connection refused/],
    ['ENOTFOUND', /no such host/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not signed by a trusted authority/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another host name/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS/],
    ['SOMETHING_ELSE', /SOMETHING_ELSE text/],
  ])('is explained for %s', async (code, text) => {
    await expect(clientWith(fakeFetch(networkError(code)).fetch).info()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: text,
      hint: /\.$/,
    });
  });
});

describe('repetition', () => {
  const temporary = json({ error: 'away' }, 503);

  test('covers network failures and servers that are away, for reading', async () => {
    const { fetch, calls } = fakeFetch(networkError('ECONNRESET'), temporary, json([]));

    await expect(clientWith(fetch, 2).listJobs()).resolves.toEqual([]);
    expect(calls).toHaveLength(3);
  });

  test('ends with the last failure', async () => {
    const { fetch, calls } = fakeFetch(temporary);

    await expect(clientWith(fetch, 1).listJobs()).rejects.toMatchObject({ code: 'SERVER_BUSY' });
    expect(calls).toHaveLength(2);
  });

  test.each([
    ['a deployment', (client: ReturnType<typeof clientWith>) => client.deploy({ manifest: {} })],
    ['a deletion', (client: ReturnType<typeof clientWith>) => client.deleteJob('a', '1')],
    ['a login', (client: ReturnType<typeof clientWith>) => client.login({ username: 'u', password: 'p' })],
  ])('never covers %s', async (_title, request) => {
    const { fetch, calls } = fakeFetch(temporary);

    await expect(request(clientWith(fetch, 2))).rejects.toThrow(/away/);
    expect(calls).toHaveLength(1);
  });

  test('never covers refusals', async () => {
    const { fetch, calls } = fakeFetch(json({ error: 'no' }, 401));

    await expect(clientWith(fetch, 2).listJobs()).rejects.toThrow(/Unauthorized/);
    expect(calls).toHaveLength(1);
  });

  test('ends with the reason of the signal', async () => {
    const { fetch } = fakeFetch(networkError('ECONNRESET'));
    const controller = new AbortController();
    const reading = clientWith(fetch, 5).listJobs({ signal: controller.signal });
    controller.abort(new Error('Ctrl-C'));

    await expect(reading).rejects.toThrow('Ctrl-C');
  });
});
