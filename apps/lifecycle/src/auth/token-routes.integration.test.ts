import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedTokenDto, OwnTokenDto } from '@racetrack-platform/contracts';
import { createFeedRepository, createTokenRepository } from '@racetrack-platform/db';
import { openTestAccess, type TestAccess } from './open-test-access.ts';
import { openTestApp, type TestAnswer, type TestApp } from './open-test-app.ts';
import { hashToken } from './token-format.ts';

describe('tokens', () => {
  let access: TestAccess;
  let app: TestApp;
  let admin: string;
  let bob: string;
  let eve: string;

  beforeAll(async () => {
    access = await openTestAccess();
    app = await openTestApp(access);
    admin = await access.addUser('admin', ['full_access'], { isStaff: true });
    bob = await access.addUser('bob@example.com');
    eve = await access.addUser('eve@example.com');
  });
  afterAll(async () => {
    await app.close();
    await access.close();
  });

  const create = async (token: string, body: object) => {
    // Their order is that of their making.
    access.clock.nowMs += 1;
    return await app.call(token, 'POST', '/tokens', body);
  };
  const list = async (token: string) => (await app.call(token, 'GET', '/tokens')).body as OwnTokenDto[];
  const isAccepted = async (token: string) =>
    (await app.call(token, 'GET', '/users/validate_user_auth')).status === 200;
  const tokenOf = async (username: string) => (await access.accounts.getProfile(username)).token;
  const changes = async (work: () => Promise<unknown>): Promise<string[]> => {
    const feed = createFeedRepository(access.store.db);
    const before = await feed.currentRevision();
    await work();
    return ((await feed.findChangesSince(before))?.changes ?? []).map(({ id }) => id);
  };

  test('are made by their owner under a name, and shown once', async () => {
    const expiry = Math.floor(access.clock.nowMs / 1_000) + 3_600;
    const made = (await create(bob, { name: ' ci ', expiry_time: expiry })).body as CreatedTokenDto;

    expect(made).toMatchObject({
      name: 'ci',
      expiry_time: expiry,
      active: true,
      token: expect.stringMatching(/^eyJ/),
    });
    expect(await isAccepted(made.token)).toBe(true);
    const all = await list(made.token);
    expect(all.map(({ name, is_current }) => [name, is_current])).toEqual([
      [null, false],
      ['ci', true],
    ]);
    expect(JSON.stringify(all)).not.toContain('eyJ');
    expect(all[1]?.last_use_time).toBe(Math.floor(access.clock.nowMs / 1_000));
  });

  test.each([
    [{ name: 'twice' }, 409, 'a token named "twice" exists already'],
    [{ name: '' }, 400, 'a token needs a name of 1 to 100 characters'],
    [{ name: 'ci\u202E' }, 400, 'a token needs a name of 1 to 100 characters'],
    [{ name: 'old', expiry_time: 1 }, 400, 'the expiry time lies in the past'],
    [{ name: 'x', expiry_time: 1.5 }, 422, expect.any(String)],
    [{ name: 'x', scopes: ['full_access'] }, 422, expect.any(String)],
    [{}, 422, expect.any(String)],
  ])('refuse %j', async (body, status, error) => {
    await create(bob, { name: 'twice' });

    expect(await create(bob, body)).toMatchObject({ status, body: { error, hint: expect.any(String) } });
  });

  test('of two requests for one name at once, one is refused', async () => {
    const answers = await Promise.all([create(eve, { name: 'same' }), create(eve, { name: 'same' })]);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
  });

  test('are revoked at once, by their owner alone', async () => {
    const made = (await create(bob, { name: 'short' })).body as CreatedTokenDto;

    expect(await app.call(eve, 'DELETE', `/tokens/${made.id}`)).toMatchObject({
      status: 404,
      body: { error: 'AuthToken record not found for given id' },
    });
    expect(await isAccepted(made.token)).toBe(true);
    const told = await changes(async () => await app.call(bob, 'DELETE', `/tokens/${made.id}`));
    expect(told).toEqual([hashToken(made.token)]);
    expect(await isAccepted(made.token)).toBe(false);
  });

  test('are no matter of external services and jobs', async () => {
    const { result } = await access.store.transaction(
      async (trx) => await access.tokens.ensureFamilyToken(trx, 'adder'),
    );

    expect((await app.call(result.token, 'GET', '/tokens')).status).toBe(401);
    expect((await create(result.token, { name: 'x' })).status).toBe(401);
    expect((await app.call(result.token, 'POST', '/auth/token/user/regenerate')).status).toBe(401);
    expect((await app.call('', 'GET', '/tokens')).status).toBe(401);
  });

  test('of one user are regenerated: ids, names and expiry stay, the former texts are refused', async () => {
    const expiry = Math.floor(access.clock.nowMs / 1_000) + 60;
    const named = (await create(eve, { name: 'named', expiry_time: expiry })).body as CreatedTokenDto;
    const before = await list(eve);
    let answer: TestAnswer = { status: 0, body: undefined, cookie: undefined };
    const told = await changes(
      async () => (answer = await app.call(eve, 'POST', '/auth/token/user/regenerate')),
    );
    const { new_token } = answer.body as { new_token: string };

    expect(answer.cookie).toContain(`X-Racetrack-Auth=${new_token}; Max-Age=2678400`);
    expect(told).toEqual(
      expect.arrayContaining([hashToken(eve), hashToken(named.token), hashToken(new_token)]),
    );
    expect([await isAccepted(eve), await isAccepted(named.token)]).toEqual([false, false]);
    const after = await list(new_token);
    const kept = ({ id, name, expiry_time, active }: OwnTokenDto) => ({ id, name, expiry_time, active });
    expect(after.map(kept)).toEqual(before.map(kept));
    expect(new_token).toBe(await tokenOf('eve@example.com'));
    eve = new_token;
  });

  test('of all users are regenerated by who may call the admin API, in one stroke', async () => {
    const revoked = (await create(bob, { name: 'revoked' })).body as CreatedTokenDto;
    await access.store.transaction(async (trx) => await access.tokens.revokeToken(trx, revoked.id));

    expect((await app.call(eve, 'POST', '/auth/token/user/all/regenerate')).status).toBe(401);
    expect((await app.call(admin, 'POST', '/auth/token/user/all/regenerate')).body).toBeNull();
    expect(await Promise.all([admin, bob, eve].map(isAccepted))).toEqual([false, false, false]);
    admin = await tokenOf('admin');
    bob = await tokenOf('bob@example.com');
    expect(await Promise.all([admin, bob].map(isAccepted))).toEqual([true, true]);
    expect((await list(bob)).find(({ id }) => id === revoked.id)?.active).toBe(false);
  });

  test('of all job families are regenerated: the audit log says that jobs have to be provisioned anew', async () => {
    const family = async () =>
      (await access.store.transaction(async (trx) => await access.tokens.ensureFamilyToken(trx, 'primer')))
        .result.token;
    const former = await family();

    expect((await app.call(admin, 'POST', '/auth/token/job_family/regenerate')).body).toBeNull();
    await expect(access.authenticator.authenticateToken(former)).rejects.toThrow('token is unknown');
    expect(await access.authenticator.authenticateToken(await family())).toMatchObject({ name: 'primer' });
    const event = await access.store.db
      .selectFrom('audit_event')
      .select('properties')
      .where('event_type', '=', 'token_regenerated')
      .where('properties', 'like', '%job_family%')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(event.properties)).toMatchObject({
      kind: 'job_family',
      advice: 'running jobs hold their former token until they are provisioned anew',
      jobs_to_reprovision: [],
    });
  });

  test('of all external services are regenerated, none of anybody else', async () => {
    await app.call(admin, 'POST', '/escs', { name: 'shop', id: 'shop' });
    const tokenOfShop = async () =>
      ((await app.call(admin, 'GET', '/auth/token/esc/shop')).body as { token: string }).token;
    const former = await tokenOfShop();

    expect((await app.call(admin, 'POST', '/auth/token/esc/regenerate')).body).toBeNull();
    expect(await tokenOfShop()).not.toBe(former);
    await expect(access.authenticator.authenticateToken(former)).rejects.toThrow('token is unknown');
    const claims = Buffer.from((await tokenOfShop()).split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(claims)).toMatchObject({ subject: 'shop', subject_type: 'esc' });
  });

  test('leave no text in the store or the audit log', async () => {
    const rows = await createTokenRepository(access.store.db).listOfKind('user');
    const events = await access.store.db.selectFrom('audit_event').selectAll().execute();

    // What is sealed may begin by chance like a token, but has no second part.
    expect(JSON.stringify([rows, events])).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });
});
