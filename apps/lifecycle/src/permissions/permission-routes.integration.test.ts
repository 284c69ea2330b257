import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSubjectRepository } from '@racetrack-platform/db';
import { grantPermission } from '../auth/grant-permission.ts';
import { PermissionWorld } from './testing/permission-world.ts';

let world: PermissionWorld;

beforeAll(async () => {
  world = await PermissionWorld.open();
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('auth/allow', () => {
  test('gives a service or a family a scope on a family, once', async () => {
    const url = '/auth/allow/esc/shop-1/job/primer/scope/call_job';
    const answers = [
      await world.request('operator', 'POST', url),
      await world.request('operator', 'POST', url),
    ];
    const family = await world.request(
      'operator',
      'POST',
      '/auth/allow/job_family/adder/job/primer/scope/call_job',
    );
    const held = await world.request('admin', 'GET', '/permissions?subject=esc:The shop');

    expect([...answers, family].map(({ statusCode, body }) => [statusCode, body])).toEqual(
      Array.from({ length: 3 }, () => [200, 'null']),
    );
    expect(held.json()).toMatchObject([
      { subject: 'esc:shop-1', subject_name: 'The shop', scope: 'call_job', family: 'primer' },
    ]);
  });

  test.each([
    ['esc/ghost/job/adder', 'ESC with ID ghost was not found', /spelling/],
    ['esc/shop-1/job/ghost', 'JobFamily record not found for given name', /begins with its first deployment/],
    ['job_family/ghost/job/adder', 'Job Family with name ghost was not found', /begins with its first/],
  ])('says what is missing in %s', async (path, error, hint) => {
    const answer = await world.request('admin', 'POST', `/auth/allow/${path}/scope/call_job`);

    expect([answer.statusCode, answer.json().error]).toEqual([404, error]);
    expect(answer.json().hint).toMatch(hint);
  });

  test('is for administrators', async () => {
    const answer = await world.request('reader', 'POST', '/auth/allow/esc/shop-1/job/adder/scope/call_job');

    expect(answer.statusCode).toBe(401);
    expect(answer.json().error).toContain('permission scope "call_admin_api" is required');
  });
});

describe('permissions', () => {
  test('are given once, numbered, listed, and taken away', async () => {
    const wish = { subject: 'user:bob', scope: 'delete_job', job: { name: 'adder', version: '1.0.0' } };
    const given = await world.grant(wish);

    expect(await world.grant(wish)).toEqual(given);
    expect(given).toMatchObject({ ...wish, family: null, endpoint: null, number: expect.any(Number) });
    const listed = await world.request('bob', 'GET', '/permissions?job=adder/1.0.0');
    expect(listed.json()).toEqual([given]);

    const taken = await world.request('operator', 'DELETE', `/permissions/${given.number}`);
    expect([taken.statusCode, taken.body]).toEqual([200, 'null']);
    expect((await world.request('bob', 'GET', '/permissions?job=adder/1.0.0')).json()).toEqual([]);
    expect((await world.request('admin', 'DELETE', `/permissions/${given.id}`)).statusCode).toBe(404);
  });

  test('are audited with who, whom and what', async () => {
    const events = await world.access.store.db
      .selectFrom('audit_event')
      .selectAll()
      .where('event_type', 'in', ['permission_granted', 'permission_revoked'])
      .where('username_subject', '=', 'bob')
      .where('job_version', '=', '1.0.0')
      .orderBy('event_type')
      .execute();

    expect(events.map((event) => [event.event_type, event.username_executor, event.job_name])).toEqual([
      ['permission_granted', 'admin', 'adder'],
      ['permission_revoked', 'operator', 'adder'],
    ]);
    expect(JSON.parse(events[0]?.after_state ?? '')).toMatchObject({
      subject: 'user:bob',
      scope: 'delete_job',
    });
    expect(events[1]?.after_state).toBeNull();
  });

  test('that make administrators are given and taken only by staff and holders of full access', async () => {
    const made = await world.grant({ subject: 'user:pat', scope: 'call_admin_api' });

    for (const scope of ['full_access', 'call_admin_api']) {
      const answer = await world.request('operator', 'POST', '/permissions', {
        subject: 'user:operator',
        scope,
      });
      expect([scope, answer.statusCode, answer.json().code]).toEqual([scope, 401, 'PERMISSION_DENIED']);
    }
    const family = { subject: 'user:operator', scope: 'full_access', family: 'adder' };
    expect((await world.request('operator', 'POST', '/permissions', family)).statusCode).toBe(401);
    expect((await world.request('operator', 'DELETE', `/permissions/${made.id}`)).statusCode).toBe(401);
    expect((await world.request('admin', 'DELETE', `/permissions/${made.id}`)).statusCode).toBe(200);
  });

  test('full access to one family makes no administrator', async () => {
    await world.grant({ subject: 'user:owner', scope: 'full_access', family: 'adder' });

    const wish = { subject: 'user:owner', scope: 'read_job' };
    expect((await world.request('owner', 'POST', '/permissions', wish)).statusCode).toBe(401);
    expect((await world.request('owner', 'GET', '/permissions?subject=user:admin')).statusCode).toBe(401);
  });

  test.each([
    [{ subject: 'alice', scope: 'read_job' }, 400],
    [{ subject: 'user:ghost', scope: 'read_job' }, 404],
    [{ subject: 'user:bob', scope: 'everything' }, 422],
    [{ subject: 'user:bob', scope: 'read_job', job: { name: 'adder', version: 'latest' } }, 404],
    [{ subject: 'user:bob', scope: 'read_job', family: 'ghost' }, 404],
    [
      { subject: 'user:bob', scope: 'read_job', family: 'primer', job: { name: 'adder', version: '1.0.0' } },
      400,
    ],
    [{ subject: 'user:bob', scope: 'read_job', endpoint: '/x' }, 400],
    [{ subject: 'user:bob', scope: 'call_admin_api', family: 'adder' }, 400],
    [{ subject: 'user:bob', scope: 'read_job', famly: 'adder' }, 422],
  ])('%j is refused with %i', async (body, status) => {
    const answer = await world.request('admin', 'POST', '/permissions', body);

    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ hint: expect.any(String), code: expect.any(String) });
  });
});

test.each([
  '/permissions?subject=user:%00',
  '/permissions?job=adder',
  '/permissions?job=/',
  '/permissions?limit=0',
  '/permissions?offset=-1',
  '/permissions?offset=1e300',
  `/permissions?subject=user:${'x'.repeat(400)}`,
  '/permissions/explain',
  '/permissions/explain?scope=x',
  '/permissions/explain?scope=call_job&scope=read_job',
  '/permissions/explain?scope=call_job&job=%00/1.0.0',
  '/permissions/explain?scope=call_job&job=adder/',
  '/auth/can-call-job/%00/1.0.0',
  '/auth/can-call-job/adder/%00/x',
  '/auth/allowed/job/adder/%00/scope/call_job',
  '/public-endpoints?active=maybe',
])('GET %s is refused in words', async (path) => {
  const answer = await world.request('admin', 'GET', path);

  expect([400, 401, 404, 422]).toContain(answer.statusCode);
  expect(answer.json()).toMatchObject({ error: expect.stringMatching(/./), code: expect.any(String) });
});

test.each(["1' or '1'='1", '%00', '99999999999999999999', '-1', 'x'.repeat(400)])(
  'DELETE of a permission called %s is refused in words',
  async (id) => {
    const answer = await world.request('admin', 'DELETE', `/permissions/${id.replaceAll(' ', '%20')}`);

    expect([400, 404]).toContain(answer.statusCode);
    expect(answer.json()).toMatchObject({ hint: expect.any(String) });
  },
);

describe('explain', () => {
  test('names the rule that allows, or the missing grant, who can give it, and how', async () => {
    await world.grant({ subject: 'user:caller', scope: 'call_job', family: 'adder' });
    const query = 'subject=user:caller&scope=call_job&job=adder/latest&endpoint=/x';

    expect(await world.explain('admin', query)).toMatchObject({
      allowed: true,
      rule: 'grant',
      grant: { scope: 'call_job', family: 'adder' },
      job: { name: 'adder', version: '1.1.0' },
      reason: expect.stringMatching(
        /^User caller may call_job on endpoint \/x of adder v1\.1\.0: grant \d+ gives call_job on job family adder\.$/,
      ),
    });
    expect(await world.explain('admin', query.replaceAll('adder', 'primer'))).toEqual({
      subject: 'user:caller',
      scope: 'call_job',
      family: 'primer',
      job: { name: 'primer', version: '1.0.0' },
      endpoint: '/x',
      allowed: false,
      rule: 'no_grant',
      reason: expect.stringContaining('grant covers it (grant '),
      grant: null,
      missing: {
        subject: 'user:caller',
        scope: 'call_job',
        family: null,
        job: { name: 'primer', version: '1.0.0' },
        endpoint: '/x',
      },
      can_be_given_by: ['user:admin', 'user:operator'],
      command: 'racetrack permission grant user:caller call_job --job primer/1.0.0 --endpoint /x',
    });
  });

  test('the grant that it misses is enough', async () => {
    const query = 'subject=user:nobody&scope=deploy_job&job=adder';
    const { missing } = await world.explain('admin', query);

    const { id } = await world.grant({ ...missing });
    expect(await world.explain('nobody', query)).toMatchObject({ allowed: true, rule: 'grant' });
    await world.request('admin', 'DELETE', `/permissions/${id}`);
  });

  test('only those can give what makes an administrator who are administrators themselves', async () => {
    expect(await world.explain('admin', 'subject=user:bob&scope=call_admin_api')).toMatchObject({
      can_be_given_by: ['user:admin'],
      command: 'racetrack permission grant user:bob call_admin_api',
    });
  });

  test('everybody may ask about themselves, and learns no more than a call would tell', async () => {
    const own = await world.explain('nobody', 'scope=call_job&job=adder/latest');
    const ghost = await world.explain('nobody', 'scope=call_job&job=ghost/latest');
    const about = await world.request(
      'nobody',
      'GET',
      '/permissions/explain?subject=user:admin&scope=call_job',
    );
    const unknown = await world.request(
      'nobody',
      'GET',
      '/permissions/explain?subject=user:xyz&scope=call_job',
    );

    expect(own).toMatchObject({ allowed: false, job: null, family: 'adder' });
    expect(JSON.parse(JSON.stringify(own).replaceAll('adder', 'ghost'))).toEqual(ghost);
    expect([about.statusCode, about.json().error]).toEqual([401, unknown.json().error]);
  });

  test('says that an account is not active', async () => {
    await world.access.store.db
      .updateTable('user')
      .set({ is_active: 0 })
      .where('username', '=', 'pat')
      .execute();

    expect(await world.explain('admin', 'subject=user:pat&scope=call_job&job=adder/1.0.0')).toMatchObject({
      allowed: false,
      rule: 'inactive_subject',
    });
  });
});

describe('public endpoints', () => {
  test('are open once staff approved them, until it withdraws', async () => {
    const url = '/job/adder/1.0.0/public-endpoints';
    const waiting = await world.request('admin', 'GET', '/public-endpoints?active=false');
    expect(waiting.json()).toHaveLength(3);
    expect((await world.canCall(null, 'adder/1.0.0/api/v1/open')).statusCode).toBe(401);

    const opened = await world.request('admin', 'PUT', url, { endpoint: 'api/v1/open/', active: true });
    expect(opened.json()).toMatchObject({
      active: true,
      approved_by: 'admin',
      approve_time: expect.any(Number),
    });
    expect((await world.canCall(null, 'adder/1.0.0/api/v1/open/below')).json()).toMatchObject({
      caller: null,
    });
    expect((await world.canCall(null, 'adder/1.0.0/api/v1/opener')).statusCode).toBe(401);
    expect((await world.canCall(null, 'adder/1.1.0/api/v1/open')).statusCode).toBe(401);
    expect((await world.request('reader', 'GET', url)).json()).toEqual([
      { job_name: 'adder', job_version: '1.0.0', endpoint: '/api/v1/open', active: true },
    ]);
    expect(
      await world.explain(
        'admin',
        'subject=user:nobody&scope=call_job&job=adder/1.0.0&endpoint=/api/v1/open',
      ),
    ).toMatchObject({
      rule: 'public_endpoint',
      reason:
        'Everybody may call endpoint /api/v1/open of adder v1.0.0: it lies at the public endpoint ' +
        '/api/v1/open, which admin approved for this version.',
    });

    await world.request('admin', 'PUT', url, { endpoint: '/api/v1/open', active: false });
    expect((await world.canCall(null, 'adder/1.0.0/api/v1/open')).statusCode).toBe(401);
    expect((await world.request('reader', 'GET', url)).json()).toEqual([]);
  });

  test('are opened by staff alone, and only when the manifest asks for them', async () => {
    const url = '/job/adder/1.0.0/public-endpoints';
    const body = { endpoint: '/secret', active: true };

    expect((await world.request('operator', 'PUT', url, body)).statusCode).toBe(401);
    expect((await world.request('admin', 'PUT', url, body)).statusCode).toBe(404);
    expect((await world.request('nobody', 'GET', url)).statusCode).toBe(401);
    expect((await world.request('operator', 'GET', '/public-endpoints')).statusCode).toBe(401);
  });
});

describe('lists', () => {
  test('a grant on a family lists its jobs, a grant on a job that job, one on an endpoint nothing', async () => {
    const subjectId = await world.access.subjectIdOf('nobody');
    const list = async () => await world.listJobs('nobody');
    const give = async (bound: object) =>
      await world.access.store.transaction(
        async (trx) => await grantPermission(trx, { subjectId, scope: 'read_job', ...bound }),
      );
    const families = async () => (await world.request('nobody', 'GET', '/job_family')).json();

    expect((await world.request('nobody', 'GET', '/job_family')).statusCode).toBe(401);
    await give({ jobId: 'primer-1.0.0', endpoint: '/x' });
    expect([await list(), await families()]).toEqual([[], []]);
    await give({ jobId: 'primer-1.0.0' });
    expect(await list()).toEqual(['primer 1.0.0']);
    await give({ familyId: await createSubjectRepository(world.access.store.db).findFamilyId('adder') });
    expect(await list()).toEqual(['adder 1.0.0', 'adder 1.1.0', 'primer 1.0.0']);
    expect(await families()).toMatchObject([{ name: 'adder' }, { name: 'primer' }]);
  });
});
