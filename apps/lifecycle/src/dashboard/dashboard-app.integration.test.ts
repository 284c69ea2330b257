import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestAccess, TEST_PASSWORD, type TestAccess } from '../auth/open-test-access.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createDashboardApp } from './create-dashboard-app.ts';

const BOB = 'bob@example.com';
const HOST = '127.0.0.1:7003';
const PUB = 'http://127.0.0.1:7005/pub';

describe('the sign-in page', () => {
  let access: TestAccess;
  let app: FastifyInstance;
  let token: string;

  beforeAll(async () => {
    access = await openTestAccess({ attempts: 2 });
    token = await access.addUser(BOB, ['read_job']);
    app = await createDashboardApp({
      logger: createLogger({ level: 'silent', name: 'test' }),
      metrics: createMetrics({ defaults: false }),
      authenticator: access.authenticator,
      accounts: access.accounts,
      cookie: { secure: false },
      externalPubUrl: PUB,
      externalLifecycleUrl: 'http://127.0.0.1:7002/lifecycle',
      listJobs: async ({ name }) => [
        { name: `adder of ${name}`, version: '1.0.0', status: 'running', url: `${PUB}/job/adder/1.0.0` },
        { name: '<script>alert(1)</script>', version: '"1"', status: 'error', url: 'javascript:alert(1)' },
      ],
      readiness: {},
      checkDatabase: () => {},
      versions: { gitVersion: 'dev', dockerTag: '' },
    });
  });
  afterAll(async () => {
    await app.close();
    await access.close();
  });

  const get = async (url: string, cookie = '') => await app.inject({ url, headers: { host: HOST, cookie } });
  const post = async (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    await app.inject({
      method: 'POST',
      url,
      payload: new URLSearchParams(form).toString(),
      headers: {
        host: HOST,
        origin: `http://${HOST}`,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
    });
  const session = () => `X-Racetrack-Auth=${token}`;

  test.each(['/', '/dashboard/'])('shows a form at %s that needs nothing from elsewhere', async (url) => {
    const page = await get(url);

    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<form method="post" action="login">');
    expect(page.body).toContain('<label for="password">');
    expect(page.body).not.toMatch(/<script|src=|https?:/);
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(page.headers['cache-control']).toBe('no-store');
  });

  test('leads /dashboard to /dashboard/', async () => {
    expect((await get('/dashboard')).headers.location).toBe('/dashboard/');
  });

  test.each(['/login', '/dashboard/login'])('signs in at %s and leads back to the page', async (url) => {
    const answer = await post(url, { username: BOB, password: TEST_PASSWORD, next: 'https://evil.example' });

    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('./');
    expect(answer.headers['set-cookie']).toMatch(
      new RegExp(`^X-Racetrack-Auth=${token}; .*HttpOnly.*SameSite=Lax`),
    );
  });

  test('says why a sign-in was refused, keeps the name, and forgets the password', async () => {
    const answer = await post('/login', { username: '"><b>bob', password: 'not mine at all' });

    expect(answer.statusCode).toBe(401);
    expect(answer.body).toContain('role="alert"');
    expect(answer.body).toContain('incorrect username or password');
    expect(answer.body).toContain('value="&quot;&gt;&lt;b&gt;bob"');
    expect(answer.body).not.toContain('not mine at all');
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  test('throttles guessing like the API', async () => {
    const answers = [];
    for (let turn = 0; turn < 11; turn += 1)
      answers.push(await post('/login', { username: 'eve', password: 'x' }));

    expect(answers.at(-1)?.statusCode).toBe(503);
    expect(answers.at(-1)?.body).toContain('Try again in');
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['a job on another port of this host', { origin: 'http://127.0.0.1:7005' }],
    ['a page that hides where it is', { origin: 'null' }],
    ['a request marked as from another site', { 'sec-fetch-site': 'cross-site' }],
    ['a request marked as from another port', { 'sec-fetch-site': 'same-site' }],
  ])('takes no forms from %s', async (_title, headers) => {
    for (const url of ['/login', '/logout', '/token']) {
      const answer = await post(
        url,
        { username: BOB, password: TEST_PASSWORD },
        { ...headers, cookie: session() },
      );

      expect(answer.statusCode).toBe(401);
      expect(answer.headers).not.toHaveProperty('set-cookie');
      expect(answer.body).not.toContain(token);
    }
  });

  test('shows who is signed in, the jobs, and how to go on, without the token', async () => {
    const page = await get('/', session());

    expect(page.body).toContain(`Signed in as <strong>${BOB}</strong>`);
    expect(page.body).toContain(`<a href="${PUB}/job/adder/1.0.0">adder of ${BOB}</a>`);
    expect(page.body).toContain(`${PUB}/job/NAME/latest`);
    expect(page.body).toContain(`racetrack login --username ${BOB}`);
    expect(page.body).toContain('racetrack set remote http://127.0.0.1:7002/lifecycle');
    expect(page.body).not.toContain(token);
  });

  test('escapes what jobs are called, and links to web addresses only', async () => {
    const page = await get('/', session());

    expect(page.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.body).not.toContain('<script');
    expect(page.body).not.toContain('javascript:');
  });

  test('shows the token to its owner who asks for it', async () => {
    expect((await post('/token', {}, { cookie: session() })).body).toContain(`racetrack login ${token}`);
    expect((await post('/token', {})).statusCode).toBe(303);
    expect((await get('/token', session())).statusCode).toBe(405);
  });

  test('signs out', async () => {
    const answer = await post('/logout', {}, { cookie: session() });

    expect(answer.statusCode).toBe(303);
    expect(answer.headers['set-cookie']).toMatch(/^X-Racetrack-Auth=; Max-Age=0/);
  });

  test.each(['X-Racetrack-Auth=nonsense', 'X-Racetrack-Auth=', 'X-Racetrack-Auth=%E0%A4%A'])(
    'shows the form to the bearer of %s',
    async (cookie) => {
      const page = await get('/', cookie);

      expect(page.statusCode).toBe(200);
      expect(page.body).toContain('<h1 id="title">Sign in</h1>');
    },
  );

  test.each(['/live', '/ready', '/health', '/metrics', '/dashboard/live'])('answers %s', async (url) => {
    expect((await get(url)).statusCode).toBe(200);
  });
});
