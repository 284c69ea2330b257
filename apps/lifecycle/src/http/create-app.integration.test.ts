import type { FastifyInstance } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PlatformError } from '@racetrack-platform/errors';
import { openTestAccess, type TestAccess } from '../auth/open-test-access.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { authenticated } from './authentication.ts';
import { createApp, withDeps } from './create-app.ts';

const SECRET_DETAIL = 'the wrong teapot at https://bob:pw@git.example/';

const testRoutes: FastifyPluginAsyncZod<{ greeting: string }> = async (app, { greeting }) => {
  app.get('/api/v1/nothing', async () => null);
  app.delete('/api/v1/nothing', async () => {});
  app.get('/api/v1/me', async (request) => ({ caller: (await authenticated(request)).caller, greeting }));
  app.get('/api/v1/expected', async () => {
    throw new PlatformError('JOB_NOT_FOUND', 'No job named x', { hint: 'List them.' });
  });
  app.get('/api/v1/bug', async () => {
    throw new TypeError(SECRET_DETAIL);
  });
  app.post(
    '/api/v1/typed/:name',
    {
      schema: {
        params: z.object({ name: z.string() }),
        querystring: z.object({ tail: z.coerce.number().optional() }),
        body: z.object({ password: z.string().min(3), count: z.int() }),
        response: { 200: z.object({ name: z.string() }) },
      },
    },
    async (request) => ({ name: request.params.name, dropped: 'not in the schema' }),
  );
  app.post('/api/v1/upload/:file', async (request) => ({
    kind: Buffer.isBuffer(request.body) ? 'bytes' : typeof request.body,
    size: Buffer.isBuffer(request.body) ? request.body.length : 0,
  }));
};

describe('the HTTP application', () => {
  let access: TestAccess;
  let app: FastifyInstance;
  let token: string;
  const log: string[] = [];
  const trouble: { feed: Error | undefined; database: Error | undefined } = {
    feed: undefined,
    database: undefined,
  };
  const metrics = createMetrics({ defaults: false });

  beforeAll(async () => {
    access = await openTestAccess();
    token = await access.addUser('bob@example.com');
    app = await createApp({
      logger: createLogger({
        level: 'debug',
        name: 'test',
        stream: { write: (line) => void log.push(line) },
      }),
      metrics,
      authenticator: access.authenticator,
      routes: [withDeps(testRoutes, { greeting: 'hello' })],
      readiness: {
        feed() {
          if (trouble.feed) throw trouble.feed;
        },
      },
      async checkDatabase() {
        await access.store.db.selectFrom('meta').selectAll().execute();
        if (trouble.database) throw trouble.database;
      },
      versions: { gitVersion: '0.1.0', dockerTag: '' },
    });
  });
  afterAll(async () => {
    await app.close();
    await access.close();
  });

  test.each([
    '/api/v1/nothing',
    '/lifecycle/api/v1/nothing',
    '/api/v1/nothing/',
    '/lifecycle/api/v1/nothing/',
  ])('answers %s with null where there is nothing to say', async (url) => {
    for (const method of ['GET', 'DELETE'] as const) {
      const answer = await app.inject({ method, url });

      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toContain('application/json');
      expect(answer.body).toBe('null');
    }
  });

  test('says who sent a request, by header and not by cookie', async () => {
    const url = '/lifecycle/api/v1/me';
    const answer = await app.inject({ url, headers: { 'X-Racetrack-Auth': token } });
    const stranger = await app.inject({ url, headers: { cookie: `X-Racetrack-Auth=${token}` } });

    expect(answer.json()).toEqual({ caller: 'User bob@example.com', greeting: 'hello' });
    expect(stranger.statusCode).toBe(401);
    expect(stranger.json()).toMatchObject({
      error: 'auth token not found in a header X-Racetrack-Auth',
      code: 'NOT_AUTHENTICATED',
      type: 'UnauthorizedError',
    });
  });

  test('presents expected failures with code, hint and request id', async () => {
    const answer = await app.inject({
      url: '/api/v1/expected',
      headers: { 'x-request-tracing-id': 'trace-7' },
    });

    expect(answer.statusCode).toBe(404);
    expect(answer.headers['x-request-tracing-id']).toBe('trace-7');
    expect(answer.json()).toEqual({
      error: 'No job named x',
      code: 'JOB_NOT_FOUND',
      hint: 'List them.',
      request_id: 'trace-7',
      type: 'EntityNotFound',
    });
  });

  test('shows nothing of a bug, and logs it under the request id without credentials', async () => {
    const answer = await app.inject({ url: '/api/v1/bug', headers: { 'x-request-tracing-id': 'trace-8' } });
    const logged = log.filter((line) => line.includes('request failed')).join('\n');

    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({
      error: 'Internal server error',
      code: 'INTERNAL',
      request_id: 'trace-8',
    });
    expect(answer.body).not.toContain('teapot');
    expect(logged).toContain('the wrong teapot');
    expect(logged).toContain('trace-8');
    expect(logged).not.toContain('bob:pw');
  });

  test('answers unknown paths with detail and error', async () => {
    const answer = await app.inject('/lifecycle/api/v1/nowhere');

    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ detail: 'Not Found', error: 'Not Found', code: 'ROUTE_NOT_FOUND' });
  });

  test('answers the wrong method with what the path takes', async () => {
    const answer = await app.inject({ method: 'PUT', url: '/lifecycle/api/v1/typed/x' });

    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    expect(answer.json()).toMatchObject({ detail: 'Method Not Allowed', error: 'Method Not Allowed' });
  });

  test('names everything that is wrong with a body, without its values', async () => {
    const payload = { password: '!!', count: 'many' };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/typed/x', payload });
    const body = answer.json<{ error: string; detail: { loc: string[] }[] }>();

    expect(answer.statusCode).toBe(422);
    expect(body.detail.map(({ loc }) => loc)).toEqual([
      ['body', 'password'],
      ['body', 'count'],
    ]);
    expect(body.error).toContain('body.count: ');
    expect(answer.body).not.toContain('!!');
  });

  test('names a wrong query as such', async () => {
    const payload = { password: 'abc', count: 1 };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/typed/x?tail=x', payload });

    expect(answer.json()).toMatchObject({ code: 'REQUEST_INVALID', detail: [{ loc: ['query', 'tail'] }] });
  });

  test.each([
    ['{"password": ', 'body: the body is not valid JSON'],
    ['', 'body: '],
  ])('answers the broken body %j with 422', async (payload, error) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/typed/x', payload, headers });

    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ error: expect.stringContaining(error), code: 'REQUEST_INVALID' });
  });

  test('drops what the schema of an answer does not know', async () => {
    const payload = { password: 'abc', count: 1 };
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/typed/x',
      payload: JSON.stringify(payload),
      headers,
    });

    expect(answer.json()).toEqual({ name: 'x' });
  });

  test('refuses a body beyond the limit', async () => {
    const payload = Buffer.alloc(1_048_577);
    const answer = await app.inject({ method: 'POST', url: '/api/v1/upload/a.zip', payload });

    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({
      code: 'BODY_TOO_LARGE',
      hint: expect.stringMatching(/^Send less/),
    });
  });

  test.each(['application/x-www-form-urlencoded', 'application/zip', 'text/plain', undefined])(
    'leaves bytes labelled %s alone',
    async (type) => {
      const payload = Buffer.from([0x50, 0x4b, 3, 4, 0x26, 0x3d, 0xff]);
      const headers = type === undefined ? {} : { 'content-type': type };
      const answer = await app.inject({ method: 'POST', url: '/api/v1/upload/a.zip', payload, headers });

      expect(answer.json()).toEqual({ kind: 'bytes', size: 7 });
    },
  );

  test('answers a malformed path with an error', async () => {
    const answer = await app.inject('/api/v1/typed/%ff');

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: expect.any(String), code: 'BAD_REQUEST' });
  });

  test('lets pages of any origin in, without credentials', async () => {
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/lifecycle/api/v1/me',
      headers: {
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-racetrack-auth',
      },
    });
    const failure = await app.inject({
      url: '/api/v1/bug',
      headers: { origin: 'https://elsewhere.example' },
    });

    expect(preflight.statusCode).toBe(200);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': expect.stringContaining('PUT'),
      'access-control-allow-headers': 'x-racetrack-auth',
      'access-control-max-age': '600',
    });
    expect(preflight.headers).not.toHaveProperty('access-control-allow-credentials');
    expect(failure.headers['access-control-allow-origin']).toBe('*');
  });

  test('redirects the bare prefix only', async () => {
    const answer = await app.inject('/lifecycle');

    expect(answer.statusCode).toBe(307);
    expect(answer.headers.location).toBe('/lifecycle/');
  });

  test.each(['/', '/lifecycle/'])('shows the API page at %s, from this server alone', async (url) => {
    const page = await app.inject(url);
    const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');

    expect(page.headers['content-type']).toContain('text/html');
    expect(sources).toContain('swagger-ui/swagger-ui-bundle.js');
    for (const source of sources) {
      expect(source).not.toMatch(/^(https?:)?\/\//);
      expect((await app.inject(url + source)).statusCode).toBe(200);
    }
    expect((await app.inject(`${url}swagger-ui/index.html`)).statusCode).toBe(404);
  });

  test.each([
    ['/openapi.json', '/'],
    ['/lifecycle/openapi.json', '/lifecycle'],
  ])('describes the API at %s for the server %s', async (url, server) => {
    const document = (await app.inject(url)).json<{
      servers: unknown;
      paths: Record<string, unknown>;
      components: { securitySchemes: unknown };
    }>();

    expect(document.servers).toEqual([{ url: server }]);
    expect(Object.keys(document.paths)).toContain('/api/v1/typed/{name}');
    expect(document.components.securitySchemes).toMatchObject({
      racetrackAuth: { type: 'apiKey', in: 'header', name: 'X-Racetrack-Auth' },
    });
  });

  test.each(['', '/lifecycle'])('answers probes under %j', async (prefix) => {
    expect((await app.inject(`${prefix}/live`)).json()).toEqual({ service: 'lifecycle', live: true });
    expect((await app.inject(`${prefix}/ready`)).json()).toEqual({ service: 'lifecycle', ready: true });
    expect((await app.inject(`${prefix}/health`)).json()).toEqual({
      service: 'lifecycle',
      live: true,
      database_connected: true,
      git_version: '0.1.0',
      docker_tag: '',
      auth_required: true,
    });
    const scraped = await app.inject(`${prefix}/metrics`);
    expect(scraped.headers['content-type']).toContain('text/plain');
    expect(scraped.body).toMatch(/^metrics_scrapes_total \d+$/m);
    expect(scraped.body).toMatch(/^commons_requests_started_total \d+$/m);
    expect(scraped.body).toContain('lifecycle_database_connected 1');
  });

  test('is not ready while a part is not', async () => {
    trouble.feed = new Error('no socket yet');
    const answer = await app.inject('/ready');
    trouble.feed = undefined;

    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ service: 'lifecycle', ready: false, error: 'feed: no socket yet' });
  });

  test('is not healthy without its database', async () => {
    trouble.database = new Error('gone');
    const [health, ready] = await Promise.all([app.inject('/health'), app.inject('/ready')]);
    trouble.database = undefined;

    expect(health.statusCode).toBe(500);
    expect(health.json()).toMatchObject({ live: true, database_connected: false });
    expect(ready.json()).toMatchObject({ error: 'database: gone' });
  });

  test('serves clients that close the connection, and requests in absolute form', async () => {
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const head = `GET http://127.0.0.1:${port}/lifecycle/api/v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(head));
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });

    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(answer).toContain('\r\n\r\nnull');
  });
});
