import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createUserRepository } from '@racetrack-platform/db';
import { openTestAccess, TEST_PASSWORD, type TestAccess } from '../auth/open-test-access.ts';
import { createApp, withDeps } from '../http/create-app.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { ensureFirstAdmin } from './first-admin.ts';
import { userRoutes } from './user-routes.ts';

const BOB = 'bob@example.com';

describe('the routes of users', () => {
  let access: TestAccess;
  let app: FastifyInstance;
  let token: string;

  beforeAll(async () => {
    access = await openTestAccess({ attempts: 3 });
    token = await access.addUser(BOB);
    app = await createApp({
      logger: createLogger({ level: 'silent', name: 'test' }),
      metrics: createMetrics({ defaults: false }),
      authenticator: access.authenticator,
      routes: [withDeps(userRoutes, { accounts: access.accounts, cookie: { secure: false } })],
      readiness: {},
      checkDatabase: () => {},
      versions: { gitVersion: 'dev', dockerTag: '' },
    });
  });
  afterAll(async () => {
    await app.close();
    await access.close();
  });

  const login = async (username: string, password: string, remoteAddress = '10.0.0.1') =>
    await app.inject({
      method: 'POST',
      url: '/lifecycle/api/v1/users/login',
      payload: { username, password },
      remoteAddress,
    });
  const register = async (username: string, password: string, remoteAddress = '10.0.0.2') =>
    await app.inject({
      method: 'POST',
      url: '/api/v1/users/register',
      payload: { username, password },
      remoteAddress,
    });
  const changePassword = async (
    payload: object,
    headers: Record<string, string> = { 'x-racetrack-auth': token },
  ) => await app.inject({ method: 'PUT', url: '/api/v1/users/change_password', payload, headers });
  const hashOf = async (username: string) =>
    (await createUserRepository(access.store.db).find(username))?.password_hash ?? '';

  test('login answers the token and sets the session cookie', async () => {
    const answer = await login(BOB, TEST_PASSWORD);

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ username: BOB, token, is_staff: false });
    const parts = String(answer.headers['set-cookie']).split('; ').sort();
    expect(parts).toEqual(
      [`X-Racetrack-Auth=${token}`, 'Max-Age=2678400', 'Path=/', 'HttpOnly', 'SameSite=Lax'].sort(),
    );
  });

  test.each([
    ['a wrong password', BOB, 'not the password'],
    ['an unknown name', 'nobody@example.com', TEST_PASSWORD],
  ])('login refuses %s in the same words', async (_title, username, password) => {
    const answer = await login(username, password);

    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({
      error: 'incorrect username or password',
      code: 'NOT_AUTHENTICATED',
    });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  test('login takes a hash of Racetrack 2.36 and replaces it', async () => {
    await access.addUser('old@example.com');
    const users = createUserRepository(access.store.db);
    const user = await users.find('old@example.com');
    const legacy = 'pbkdf2_sha256$1000$Ab3dEf6hIj9lMn2pQr5tUv$feDXLTrcNrUc/caDWenr3b+euvqaId4G0KDv2OXFI50=';
    await users.setPasswordHash(user?.id ?? '', legacy);

    expect((await login('old@example.com', 'correct horse')).statusCode).toBe(200);
    expect(await hashOf('old@example.com')).toMatch(/^\$argon2id\$/);
    expect((await login('old@example.com', 'correct horse')).statusCode).toBe(200);
  });

  test('login is throttled by account and address', async () => {
    await access.addUser('victim@example.com');
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await login('victim@example.com', 'guess', '10.0.0.9')).statusCode).toBe(401);
    }
    const refused = await login('victim@example.com', TEST_PASSWORD, '10.0.0.9');

    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({
      code: 'TOO_MANY_ATTEMPTS',
      error: 'too many attempts to sign in',
      hint: expect.stringMatching(/^Try again in \d+ seconds\.$/),
    });
    expect((await login('victim@example.com', TEST_PASSWORD, '10.0.0.10')).statusCode).toBe(200);
    access.clock.nowMs += 300_000;
    expect((await login('victim@example.com', TEST_PASSWORD, '10.0.0.9')).statusCode).toBe(200);
  });

  test('validate_user_auth answers the profile, and 401 for strangers and jobs', async () => {
    const url = '/lifecycle/api/v1/users/validate_user_auth';
    const { result } = await access.store.transaction(
      async (trx) => await access.tokens.ensureFamilyToken(trx, 'adder'),
    );
    const own = await app.inject({ url, headers: { 'x-racetrack-auth': token } });
    const stranger = await app.inject({ url, headers: { 'x-racetrack-auth': 'nonsense' } });
    const job = await app.inject({ url, headers: { 'x-racetrack-auth': result.token } });

    expect(own.json()).toEqual({ username: BOB, token, is_staff: false });
    expect(stranger.statusCode).toBe(401);
    expect(stranger.body).not.toContain('nonsense');
    expect(job.statusCode).toBe(401);
    expect(job.json()).toMatchObject({
      error: `wrong subject type to do this operation: auth subject type "job_family" is not one of required types: ['user']`,
    });
  });

  test('logout expires the cookie', async () => {
    const answer = await app.inject('/api/v1/users/logout');

    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('null');
    expect(answer.headers['set-cookie']).toMatch(/^X-Racetrack-Auth=; Max-Age=0; Path=\//);
  });

  test('a registered account works once it is activated, with the default grants', async () => {
    const answer = await register('new@example.com', TEST_PASSWORD);

    expect([answer.statusCode, answer.body]).toEqual([200, 'null']);
    expect((await login('new@example.com', TEST_PASSWORD)).json()).toMatchObject({
      error: 'incorrect username or password',
    });
    await access.setActive('new@example.com', true);
    const profile = (await login('new@example.com', TEST_PASSWORD)).json<{ token: string }>();
    const subject = await access.authenticator.authenticateToken(profile.token);
    expect(subject.permissions.map(({ scope }) => scope).sort()).toEqual([
      'call_job',
      'deploy_job',
      'deploy_new_family',
      'read_job',
    ]);
  });

  test.each([
    ['no address', 'bob', TEST_PASSWORD, 400, 'You have to pass email as username'],
    ['control characters', 'a\u0007@b', TEST_PASSWORD, 400, 'You have to pass email as username'],
    ['no password', 'x@example.com', '', 400, 'Password cannot be empty'],
    ['a taken name', BOB, TEST_PASSWORD, 409, `Username already exists: ${BOB}`],
    ['a weak password', 'x@example.com', 'password', 400, 'Invalid password: This password is too common.'],
  ])('register refuses %s', async (_title, username, password, status, error) => {
    const answer = await register(username, password, '10.0.0.3');

    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error });
  });

  test('register says what a name looks like', async () => {
    expect((await register('alice', TEST_PASSWORD, '10.0.0.5')).json()).toMatchObject({
      hint: expect.stringContaining('e-mail address such as alice@example.com'),
    });
  });

  test('register is throttled by address', async () => {
    const answers = [];
    for (let turn = 0; turn < 4; turn += 1) answers.push(await register(BOB, TEST_PASSWORD, '10.0.0.4'));

    expect(answers.at(-1)?.statusCode).toBe(429);
  });

  test('change_password wants the old one and a good new one', async () => {
    const next = 'badger umbrella 3';

    expect((await changePassword({ old_password: 'x', new_password: '' }, {})).json()).toMatchObject({
      error: 'Password cannot be empty',
    });
    expect((await changePassword({ old_password: 'x', new_password: next }, {})).statusCode).toBe(401);
    const wrong = await changePassword({ old_password: 'x', new_password: next });
    expect([wrong.statusCode, wrong.json<{ error: string }>().error]).toEqual([
      401,
      'Passed password is incorrect.',
    ]);
    const weak = await changePassword({ old_password: TEST_PASSWORD, new_password: '12345678' });
    expect([weak.statusCode, weak.json<{ error: string }>().error]).toEqual([
      400,
      'Invalid password: This password is entirely numeric.',
    ]);
    const done = await changePassword({ old_password: TEST_PASSWORD, new_password: next });
    expect([done.statusCode, done.body]).toEqual([200, 'null']);
    expect((await login(BOB, TEST_PASSWORD, '10.0.0.5')).statusCode).toBe(401);
    expect((await login(BOB, next, '10.0.0.5')).statusCode).toBe(200);
  });

  test('nothing in the store shows a password or a token', async () => {
    const [users, tokens] = await Promise.all([
      access.store.db.selectFrom('user').selectAll().execute(),
      access.store.db.selectFrom('token').selectAll().execute(),
    ]);
    const stored = JSON.stringify([users, tokens]);

    expect(stored).not.toContain(TEST_PASSWORD);
    expect(stored).not.toContain(token);
  });
});

describe('ensureFirstAdmin', () => {
  let access: TestAccess;
  beforeAll(async () => {
    access = await openTestAccess();
  });
  afterAll(async () => await access.close());

  test('makes admin with a generated password, and later changes nothing', async () => {
    const first = await ensureFirstAdmin(access, { tutorial: false });
    const later = await ensureFirstAdmin(access, { tutorial: false, password: 'another one' });

    expect(first).toEqual({
      isNew: true,
      generatedPassword: expect.stringMatching(/^[\w-]{20}$/),
      weaknesses: [],
    });
    expect(later).toEqual({ isNew: false, weaknesses: [] });
    const profile = await access.accounts.login('admin', first.generatedPassword ?? '', 'a');
    expect(profile).toMatchObject({ username: 'admin', is_staff: true });
    expect(await access.authenticator.authenticateToken(profile.token)).toMatchObject({
      isStaff: true,
      permissions: [{ scope: 'full_access', family: null, jobId: null, endpoint: null }],
    });
    await expect(access.accounts.login('admin', 'another one', 'a')).rejects.toThrow('incorrect username');
  });

  test('takes a given password, even a weak one, but says so', async () => {
    const fresh = await openTestAccess();
    const made = await ensureFirstAdmin(fresh, { tutorial: false, password: 'admin' });

    expect(made.generatedPassword).toBeUndefined();
    expect(made.weaknesses).toHaveLength(1);
    await expect(fresh.accounts.login('admin', 'admin', 'a')).resolves.toMatchObject({ username: 'admin' });
    await fresh.close();
  });

  test('gives the tutorial its published password and token', async () => {
    const fresh = await openTestAccess();
    await ensureFirstAdmin(fresh, { tutorial: true, password: 'ignored here' });
    const { token } = await fresh.accounts.login('admin', 'admin', 'a');

    expect(token).toMatch(
      /^eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\..*\.xDUcEmR7USck5RId0nwDo_xtZZBD6pUvB2vL6i39DQI$/,
    );
    await fresh.close();
  });
});
