import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OwnTokenDto, ResetPasswordDto, UserDto } from '@racetrack-platform/contracts';
import { createFeedRepository } from '@racetrack-platform/db';
import { postgresMissing, startPostgres } from '@racetrack-platform/testing';
import { openTestAccess, TEST_PASSWORD, type TestAccess } from '../auth/open-test-access.ts';
import { openTestApp, type TestApp } from '../auth/open-test-app.ts';
import { hashToken } from '../auth/token-format.ts';

const BOB = 'bob@example.com';

describe('the accounts of others', () => {
  let access: TestAccess;
  let app: TestApp;
  let boss: string;
  let bob: string;

  beforeAll(async () => {
    access = await openTestAccess();
    app = await openTestApp(access);
    boss = await access.addUser('boss', ['full_access'], { isStaff: true });
    bob = await access.addUser(BOB);
  });
  afterAll(async () => {
    await app.close();
    await access.close();
  });

  const patch = async (username: string, body: object, token = boss) =>
    await app.call(token, 'PATCH', `/users/${username}`, body);
  const isAccepted = async (token: string) =>
    (await app.call(token, 'GET', '/users/validate_user_auth')).status === 200;
  const changes = async (work: () => Promise<unknown>): Promise<string[]> => {
    const feed = createFeedRepository(access.store.db);
    const before = await feed.currentRevision();
    await work();
    return ((await feed.findChangesSince(before))?.changes ?? []).map(({ id }) => id);
  };
  const eventsOf = async (type: string) =>
    await access.store.db.selectFrom('audit_event').selectAll().where('event_type', '=', type).execute();

  test('are listed for staff, without anything secret', async () => {
    const { body } = await app.call(boss, 'GET', '/users');

    expect(body).toEqual([
      expect.objectContaining({ username: BOB, email: BOB, is_active: true, is_staff: false }),
      expect.objectContaining({ username: 'boss', email: null, is_active: true, is_staff: true }),
    ]);
    expect(Object.keys((body as UserDto[])[0] ?? {})).not.toContain('password_hash');
    const numbers = await access.store.db.selectFrom('user').select('number').orderBy('number').execute();
    expect(numbers).toEqual([{ number: 1 }, { number: 2 }]);
  });

  test.each([
    ['GET', '/users', undefined],
    ['PATCH', `/users/${BOB}`, { is_staff: true }],
    ['POST', '/users/boss/reset_password', undefined],
    ['GET', '/users/boss/tokens', undefined],
    ['DELETE', '/users/boss/tokens/x', undefined],
  ] as const)('%s %s is for staff alone', async (method, path, body) => {
    expect(await app.call(bob, method, path, body)).toMatchObject({
      status: 401,
      body: { error: `User ${BOB} is not a staff member` },
    });
  });

  test('deactivated, are cut off at once, here and at pub, and come back as they were', async () => {
    const subjectId = await access.subjectIdOf(BOB);
    const told = await changes(async () => await patch(BOB, { is_active: false }));

    expect(told).toEqual([subjectId]);
    expect(await isAccepted(bob)).toBe(false);
    expect((await patch(BOB, { is_active: true })).body).toMatchObject({ username: BOB, is_active: true });
    expect(await isAccepted(bob)).toBe(true);
    const [event] = await eventsOf('user_changed');
    expect(JSON.parse(event?.properties ?? '')).toEqual({ change: 'deactivated' });
    expect(event).toMatchObject({ username_executor: 'boss', username_subject: BOB, address: '127.0.0.1' });
    expect(JSON.parse(event?.before_state ?? '')).toEqual({ is_active: true, is_staff: false });
    expect(JSON.parse(event?.after_state ?? '')).toEqual({ is_active: false, is_staff: false });
  });

  test.each([
    [{ is_active: 'yes' }, 422],
    [{ is_superuser: true }, 422],
    [{}, 200],
  ])('take %j with %i', async (body, status) => {
    expect((await patch(BOB, body)).status).toBe(status);
  });

  test('that do not exist are not found', async () => {
    for (const answer of [
      await patch('BOB@example.com', {}),
      await app.call(boss, 'POST', '/users/nobody/reset_password'),
      await app.call(boss, 'GET', '/users/nobody/tokens'),
      await app.call(boss, 'DELETE', '/users/nobody/tokens/x'),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { hint: expect.stringContaining('user list') } });
    }
  });

  test.each([[{ is_active: false }], [{ is_staff: false }]])(
    'of the last administrator cannot be changed by %j',
    async (body) => {
      expect(await patch('boss', body)).toMatchObject({
        status: 409,
        body: {
          code: 'LAST_ADMINISTRATOR',
          error: 'this is the last administrator',
          hint: expect.stringContaining('Make another active user a staff member first'),
        },
      });
      expect(await isAccepted(boss)).toBe(true);
    },
  );

  test('get a new password, shown once: the former one and all tokens are refused', async () => {
    const { body, status } = await app.call(boss, 'POST', `/users/${BOB}/reset_password`);
    const { password } = body as ResetPasswordDto;

    expect(status).toBe(200);
    expect(password).toMatch(/^[\w-]{20}$/);
    expect(await isAccepted(bob)).toBe(false);
    await expect(access.accounts.login(BOB, TEST_PASSWORD, '10.0.0.1')).rejects.toThrow('incorrect');
    bob = (await access.accounts.login(BOB, password, '10.0.0.1')).token;
    expect(await isAccepted(bob)).toBe(true);
    expect(await eventsOf('password_reset')).toMatchObject([
      { username_executor: 'boss', username_subject: BOB, properties: '{"revoked_tokens":1}' },
    ]);
  });

  test('open no session with a password that is reset while it is being checked', async () => {
    await access.addUser('slow@example.com');
    const attempt = access.accounts.login('slow@example.com', TEST_PASSWORD, '10.0.0.1');
    // It has read the account by now, and is busy with the password.
    await access.store.db
      .updateTable('user')
      .set({ password_hash: 'another' })
      .where('username', '=', 'slow@example.com')
      .execute();

    await expect(attempt).rejects.toThrow('incorrect username or password');
  });

  test('have tokens that administrators see and revoke, but never read', async () => {
    const made = (await app.call(bob, 'POST', '/tokens', { name: 'ci' })).body as {
      id: string;
      token: string;
    };
    const { body } = await app.call(boss, 'GET', `/users/${BOB}/tokens`);

    expect((body as OwnTokenDto[]).map(({ name }) => name)).toContain('ci');
    expect(JSON.stringify(body)).not.toContain('eyJ');
    expect((await app.call(boss, 'DELETE', `/users/boss/tokens/${made.id}`)).status).toBe(404);
    const told = await changes(async () => await app.call(boss, 'DELETE', `/users/${BOB}/tokens/${made.id}`));
    expect(told).toEqual([hashToken(made.token)]);
    expect(await isAccepted(made.token)).toBe(false);
  });

  test('cannot be taken by a name that differs in case alone', async () => {
    expect(
      await app.call('', 'POST', '/users/register', { username: 'Bob@Example.com', password: TEST_PASSWORD }),
    ).toMatchObject({ status: 409, body: { error: 'Username already exists: Bob@Example.com' } });
  });

  test('leave a trace of sign-ins, and of refused ones at most one a minute', async () => {
    const login = async (password: string) =>
      await app.call('', 'POST', '/users/login', { username: 'boss', password });
    await login(TEST_PASSWORD);
    await login('guess 1');
    await login('guess 2');

    expect((await eventsOf('signed_in')).at(-1)).toMatchObject({
      username_executor: 'boss',
      address: '127.0.0.1',
    });
    const ofBoss = async () =>
      (await eventsOf('sign_in_refused')).filter((event) => event.username_subject === 'boss');
    expect(await ofBoss()).toMatchObject([
      { username_executor: null, properties: '{"reason":"wrong password"}' },
    ]);
    access.clock.nowMs += 60_000;
    await login('guess 3');
    expect(await ofBoss()).toHaveLength(2);
    expect(JSON.stringify(await eventsOf('sign_in_refused'))).not.toContain('guess');
  });
});

const missing = postgresMissing();

/** Two administrators take away each other's rights at the same moment. */
async function demoteEachOther(postgresUrl?: string): Promise<{ done: number; left: number }> {
  const access = await openTestAccess(postgresUrl === undefined ? {} : { postgresUrl });
  const app = await openTestApp(access);
  const ann = await access.addUser('ann', [], { isStaff: true });
  const ben = await access.addUser('ben', [], { isStaff: true });
  const answers = await Promise.all([
    app.call(ann, 'PATCH', '/users/ben', { is_staff: false }),
    app.call(ben, 'PATCH', '/users/ann', { is_active: false }),
  ]);
  const users = await access.users.list();
  await app.close();
  await access.close();
  return {
    done: answers.filter(({ status }) => status === 200).length,
    left: users.filter(({ is_active, is_staff }) => is_active && is_staff).length,
  };
}

test('two administrators who demote each other at once leave one (SQLite)', async () => {
  for (let turn = 0; turn < 3; turn += 1) expect(await demoteEachOther()).toEqual({ done: 1, left: 1 });
});

test.skipIf(missing !== undefined)(
  `two administrators who demote each other at once leave one (PostgreSQL${missing === undefined ? '' : `: ${missing}`})`,
  async () => {
    await using server = await startPostgres();
    for (let turn = 0; turn < 3; turn += 1) {
      const url = server.url(await server.createDatabase());
      expect(await demoteEachOther(url)).toEqual({ done: 1, left: 1 });
    }
  },
);
