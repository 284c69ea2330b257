import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthTokenData, EscAuthData, EscDto, RotatedEscDto } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createFeedRepository,
  createPermissionRepository,
} from '@racetrack-platform/db';
import { readTokenRecord } from '../auth/account-records.ts';
import { openTestAccess, type TestAccess } from '../auth/open-test-access.ts';
import { openTestApp, type TestApp } from '../auth/open-test-app.ts';
import { hashToken } from '../auth/token-format.ts';
import { newDeploymentRow } from '../deployments/new-deployment-row.ts';

describe('external services', () => {
  let access: TestAccess;
  let app: TestApp;
  let staff: string;
  let user: string;

  beforeAll(async () => {
    access = await openTestAccess();
    app = await openTestApp(access);
    staff = await access.addUser('boss', ['full_access'], { isStaff: true });
    user = await access.addUser('bob@example.com', ['read_job']);
  });
  afterAll(async () => {
    await app.close();
    await access.close();
  });

  const create = async (body: object) => (await app.call(staff, 'POST', '/escs', body)).body as EscDto;
  const tokensOf = async (id: string) =>
    ((await app.call(staff, 'GET', `/escs/${id}/auth_data`)).body as EscAuthData).tokens;
  const isAccepted = async (token: string) => {
    const { status, body } = await app.call(token, 'GET', '/users/validate_user_auth');
    // An external service is no user, but is known.
    return status === 401 && JSON.stringify(body).includes('wrong subject type');
  };
  const changesSince = async (revision: number) =>
    (await createFeedRepository(access.store.db).findChangesSince(revision))?.changes.map(({ id }) => id);
  const revision = async () => await createFeedRepository(access.store.db).currentRevision();

  test('are added with a first token that never expires, under an id of the caller or a made one', async () => {
    const made = await create({ name: 'billing' });
    const given = await create({ name: 'Shop', id: 'shop-1' });

    expect(made).toEqual({ name: 'billing', id: expect.stringMatching(/^[\da-f-]{36}$/) });
    expect(given).toEqual({ name: 'Shop', id: 'shop-1' });
    expect((await app.call(staff, 'GET', '/escs')).body).toEqual([given, made]);
    const data = (await app.call(staff, 'GET', '/escs/shop-1/auth_data')).body as EscAuthData;
    expect(data).toEqual({
      id: 'shop-1',
      name: 'Shop',
      tokens: [
        {
          id: expect.any(String),
          token: expect.stringMatching(/^eyJ/),
          expiry_time: null,
          active: true,
          last_use_time: null,
        },
      ],
    });
    expect(await access.authenticator.authenticateToken(data.tokens[0]?.token ?? '')).toMatchObject({
      kind: 'esc',
      caller: 'ESC Shop',
    });
  });

  test.each([
    [{ name: ' ' }, 400, 'ESC name can not be empty'],
    [{ name: 'Sales\u202Etpircs' }, 400, expect.stringContaining('all of them printable')],
    [{ name: 'x\u200B' }, 400, expect.stringContaining('all of them printable')],
    [{ name: 'x', id: '../y' }, 400, expect.stringContaining('an ESC id has 1 to 255 letters, digits')],
    [{ name: 'x', id: 'a\u202Eb' }, 400, expect.stringContaining('an ESC id has')],
    [{ name: 'x', id: ' ' }, 400, expect.stringContaining('an ESC id has')],
    [{ name: 'x', id: 'twice' }, 409, 'ESC with given ID already exists'],
  ])('refuse %j', async (body, status, error) => {
    await create({ name: 'first', id: 'twice' });

    expect(await app.call(staff, 'POST', '/escs', body)).toMatchObject({
      status,
      body: { error, hint: expect.any(String) },
    });
  });

  test.each([
    [{ name: 'other', id: 'store' }, 'the id store is the name of another external service'],
    [{ name: 'store-1' }, 'the name store-1 is the id of another external service'],
  ])('that esc:NAME could be taken for another one by are refused: %j', async (body, error) => {
    await create({ name: 'store', id: 'store-1' });

    expect(await app.call(staff, 'POST', '/escs', body)).toMatchObject({
      status: 409,
      body: { code: 'ALREADY_EXISTS', error, hint: expect.stringContaining('Choose another') },
    });
    expect(await create({ name: 'self', id: 'self' })).toEqual({ name: 'self', id: 'self' });
    await app.call(staff, 'DELETE', '/escs/self');
  });

  test('may be named in any script, with spaces and signs', async () => {
    const esc = { name: 'Łódź & Söhne – 東京 (2)', id: 'ops@łódź_東京.v-2 b' };

    expect(await create(esc)).toEqual(esc);
    expect(await tokensOf(encodeURIComponent(esc.id))).toHaveLength(1);
  });

  test('are for staff alone; nobody learns from the answer whether one exists', async () => {
    for (const [method, path, body] of [
      ['GET', '/escs'],
      ['POST', '/escs', { name: 'x' }],
      ['GET', '/escs/shop-1/auth_data'],
      ['GET', '/escs/none/auth_data'],
      ['POST', '/escs/shop-1/auth_token', { expiry_time: null }],
      ['DELETE', '/escs/shop-1/auth_token/x'],
      ['POST', '/escs/shop-1/rotate', {}],
      ['DELETE', '/escs/shop-1'],
    ] as const) {
      expect(await app.call(user, method, path, body)).toMatchObject({
        status: 401,
        body: { error: 'User bob@example.com is not a staff member' },
      });
    }
    expect(await app.call(user, 'GET', '/auth/token/esc/shop-1')).toMatchObject({
      status: 401,
      body: { error: expect.stringContaining('permission scope "call_admin_api" is required') },
    });
  });

  test('get further tokens, that end when they were told to, and lose them at once', async () => {
    await create({ name: 'crm', id: 'crm' });
    const [first] = await tokensOf('crm');
    const expiry = Math.floor(access.clock.nowMs / 1_000) + 60;
    const more = (await app.call(staff, 'POST', '/escs/crm/auth_token', { expiry_time: expiry }))
      .body as AuthTokenData;

    expect(more).toMatchObject({ expiry_time: expiry, active: true });
    expect((await app.call(staff, 'POST', '/escs/crm/auth_token', {})).status).toBe(422);
    expect(await isAccepted(more.token)).toBe(true);
    const before = await revision();
    expect((await app.call(staff, 'DELETE', `/escs/crm/auth_token/${more.id}`)).body).toBeNull();
    expect(await changesSince(before)).toEqual([hashToken(more.token)]);
    expect(await isAccepted(more.token)).toBe(false);
    expect(await tokensOf('crm')).toEqual([{ ...first, last_use_time: null }]);
  });

  test('never lose the token of another one', async () => {
    await create({ name: 'a', id: 'a' });
    await create({ name: 'b', id: 'b' });
    const [ofA] = await tokensOf('a');

    expect(await app.call(staff, 'DELETE', `/escs/b/auth_token/${ofA?.id}`)).toMatchObject({
      status: 404,
      body: { error: 'AuthToken record not found for given id', type: 'EntityNotFound' },
    });
    expect(await tokensOf('a')).toHaveLength(1);
  });

  test('show their oldest token to who may call the admin API; a missing one is made', async () => {
    await create({ name: 'erp', id: 'erp' });
    const [first] = await tokensOf('erp');

    expect((await app.call(staff, 'GET', '/auth/token/esc/erp')).body).toEqual({ token: first?.token });
    await app.call(staff, 'DELETE', `/escs/erp/auth_token/${first?.id}`);
    const { body } = await app.call(staff, 'GET', '/auth/token/esc/erp');
    expect(await isAccepted((body as { token: string }).token)).toBe(true);
    expect(await app.call(staff, 'GET', '/auth/token/esc/none')).toMatchObject({
      status: 404,
      body: { error: 'ESC with ID none was not found' },
    });
  });

  test.each(['call_admin_api', 'full_access'] as const)(
    'that hold %s do not show their token to who could become an administrator by it',
    async (scope) => {
      const id = `robot-${scope}`;
      await create({ name: id, id });
      const [token] = await tokensOf(id);
      const { subjectId } = await access.authenticator.authenticateToken(token?.token ?? '');
      await access.store.transaction(
        async (trx) => await createPermissionRepository(trx.db).grant({ subjectId, scope }, 1),
      );
      const helper = await access.addUser(`helper-${scope}`, ['call_admin_api']);
      const owner = await access.addUser(`owner-${scope}`, ['full_access']);
      const read = async (reader: string, of: string) =>
        await app.call(reader, 'GET', `/auth/token/esc/${of}`);

      const refused = await read(helper, id);
      expect(refused).toMatchObject({
        status: 401,
        body: { code: 'PERMISSION_DENIED', error: expect.stringContaining(scope), hint: expect.any(String) },
      });
      expect(JSON.stringify(refused.body)).not.toContain('eyJ');
      expect((await read(helper, 'shop-1')).status).toBe(200);
      expect((await read(owner, id)).body).toEqual({ token: token?.token });
      expect((await read(staff, id)).body).toEqual({ token: token?.token });
    },
  );

  test('rotate: the new token works at once, the former ones until the grace ends', async () => {
    await create({ name: 'mail', id: 'mail' });
    const [former] = await tokensOf('mail');
    const before = await revision();
    const { body } = await app.call(staff, 'POST', '/escs/mail/rotate', { grace_seconds: 60 });
    const { new_token: made, former_expiry_time: end } = body as RotatedEscDto;

    expect(made).toMatchObject({ expiry_time: null, active: true });
    expect([await isAccepted(made.token), await isAccepted(former?.token ?? '')]).toEqual([true, true]);
    const hash = hashToken(former?.token ?? '');
    expect(await changesSince(before)).toEqual(expect.arrayContaining([hash, hashToken(made.token)]));
    const record = await readTokenRecord(access.store.db, hash);
    expect(Math.floor((record?.expiresAt ?? 0) / 1_000)).toBe(end);
    access.clock.nowMs += 61_000;
    expect([await isAccepted(made.token), await isAccepted(former?.token ?? '')]).toEqual([true, false]);
    // A second rotation must not prolong what has ended, nor what ends sooner.
    await app.call(staff, 'POST', '/escs/mail/rotate');
    expect((await tokensOf('mail')).find(({ id }) => id === former?.id)?.expiry_time).toBe(end);
    expect((await app.call(staff, 'POST', '/escs/mail/rotate', { grace_seconds: -1 })).status).toBe(422);
  });

  test('are removed with their tokens and grants, and pub is told', async () => {
    await create({ name: 'gone', id: 'gone' });
    const [token] = await tokensOf('gone');
    const subject = await access.authenticator.authenticateToken(token?.token ?? '');
    await access.store.transaction(async (trx) => {
      await createPermissionRepository(trx.db).grant({ subjectId: subject.subjectId, scope: 'call_job' }, 1);
    });
    const before = await revision();

    expect((await app.call(staff, 'DELETE', '/escs/gone')).body).toBeNull();
    expect(await changesSince(before)).toEqual(
      expect.arrayContaining([subject.subjectId, hashToken(token?.token ?? '')]),
    );
    expect(await isAccepted(token?.token ?? '')).toBe(false);
    expect((await app.call(staff, 'DELETE', '/escs/gone')).status).toBe(404);
    const left = await createPermissionRepository(access.store.db).listOfSubject(subject.subjectId);
    expect(left).toEqual([]);
  });

  test('stay as long as something that they deploy is under way', async () => {
    await create({ name: 'CI', id: 'ci' });
    const [token] = await tokensOf('ci');
    const { subjectId } = await access.authenticator.authenticateToken(token?.token ?? '');
    const facts = {
      id: 'd-ci',
      kind: 'deploy' as const,
      job_name: 'adder',
      job_version: '1.0.0',
      warnings: null,
    };
    await createDeploymentRepository(access.store.db).insert(
      newDeploymentRow({
        ...facts,
        deployed_by: 'CI',
        subject_id: subjectId,
        manifest_yaml: '',
        infrastructure_target: 'process',
        job_type_version: 'toy:1.0.0',
        is_force: 0,
        no_cache: 0,
        upload: null,
        sealed_secrets: null,
        commit_id: null,
        host_id: null,
      }),
    );

    expect(await app.call(staff, 'DELETE', '/escs/ci')).toMatchObject({
      status: 409,
      body: { code: 'DEPLOYMENT_IN_PROGRESS', hint: expect.stringContaining('racetrack cancel d-ci') },
    });
    expect(await isAccepted(token?.token ?? '')).toBe(true);
    await access.store.db.deleteFrom('deployment').execute();
    expect((await app.call(staff, 'DELETE', '/escs/ci')).status).toBe(200);
  });

  test('leave a trace of everything, without a token in it', async () => {
    const events = await access.store.db.selectFrom('audit_event').selectAll().execute();
    const types = new Set(events.map((event) => event.event_type));

    expect([...types]).toEqual(
      expect.arrayContaining([
        'esc_created',
        'token_created',
        'token_revoked',
        'token_regenerated',
        'esc_deleted',
      ]),
    );
    expect(events.every((event) => event.username_executor === 'boss' && event.address !== null)).toBe(true);
    expect(JSON.stringify(events)).not.toContain('eyJ');
  });
});
