import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordDto, RecordsPageDto, RecordTableDto } from '@racetrack-platform/contracts';
import { createDeploymentRepository, createUserRepository } from '@racetrack-platform/db';
import { newDeploymentRow } from '../deployments/new-deployment-row.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { createLogger } from '../telemetry/logger.ts';
import { withDeps } from '../http/create-app.ts';
import { openTestApp, type TestApp, type TestMethod } from '../testing/open-test-app.ts';
import { verifyPassword } from '../users/password-hash.ts';
import { recordRoutes } from './record-routes.ts';

interface WireError {
  readonly error: string;
  readonly hint: string;
}

describe('the records API', () => {
  let site: TestApp;
  let staff = '';
  const call = async (method: TestMethod, path: string, body?: unknown, token = staff) =>
    await site.request(method, `/records${path}`, { token, body });
  const list = async (table: string, body: object = {}) =>
    (await call('POST', `/table/${table}/list`, body)).json<RecordsPageDto>();
  const fieldsOf = async (table: string, filters: object) =>
    (await list(table, { filters })).records.map(({ fields }) => fields);
  const typesOfAudit = async () =>
    (await site.access.store.db.selectFrom('audit_event').select('event_type').execute()).map(
      ({ event_type }) => event_type,
    );

  beforeAll(async () => {
    site = await openTestApp(({ store, tokens }) => ({
      routes: [
        withDeps(recordRoutes, {
          store,
          tokens,
          logger: createLogger({ level: 'silent', name: 'test' }),
          nudgeReconciler: () => {},
          host: { list: () => [], callHook: async () => undefined, targets: () => [] },
          externalPubUrl: '',
          // No test here deletes a running job, and nothing else asks for the other servers.
          replicas: {} as Replicas,
        }),
      ],
    }));
    staff = await site.access.addUser('boss', [], { isStaff: true });
  });
  afterAll(async () => await site[Symbol.asyncDispose]());

  test('shows the thirteen tables of Racetrack 2.36 to staff alone', async () => {
    const user = await site.access.addUser('user', ['full_access']);
    const tables = (await call('GET', '/tables')).json<RecordTableDto[]>();

    expect(tables.map(({ class_name }) => class_name).join(' ')).toBe(
      'JobFamily Job Deployment Esc PublicEndpointRequest TrashJob AuditLogEvent User AuthSubject AuthToken ' +
        'AuthResourcePermission Setting AsyncJobCall',
    );
    expect((await call('GET', '/table/registry_setting/metadata')).json()).toEqual({
      class_name: 'Setting',
      table_name: 'registry_setting',
      plural_name: 'Settings',
      primary_key_column: 'name',
      main_columns: ['name', 'value'],
      all_columns: ['name', 'value'],
      column_types: { name: 'str', value: 'str | None' },
      foreign_keys: {},
    });
    for (const table of tables) expect((await list(table.table_name)).columns).toEqual(table.all_columns);
    for (const path of ['/tables', '/table/auth_user/id/1'])
      expect((await call('GET', path, undefined, user)).status).toBe(401);
    expect((await call('POST', '/table/auth_user/list', 'garbage', user)).status).toBe(401);
  });

  test('makes an account that can sign in, with its password stored as a hash and never shown', async () => {
    const made = await call('POST', '/table/auth_user', {
      fields: { username: 'new@example.com', password: 'wombat lantern 7', first_name: 'New', email: '' },
    });
    const { fields } = made.json<RecordDto>();
    const stored = await createUserRepository(site.access.store.db).find('new@example.com');

    expect(fields).toMatchObject({ password: '********', is_active: false, first_name: 'New' });
    expect(fields['date_joined']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
    expect((await verifyPassword('wombat lantern 7', stored?.password_hash)).isCorrect).toBe(true);
    expect(await list('registry_authresourcepermission')).toMatchObject({ primary_key_column: 'id' });

    const path = `/table/auth_user/id/${String(fields['id'])}`;
    const again = await call('PUT', path, { fields: { ...fields, is_active: true } });
    expect(again.text).toBe('null');
    await site.access.accounts.login('new@example.com', 'wombat lantern 7', '10.0.0.1');
    await call('PUT', path, { fields: { password: 'another lantern 8' } });
    await site.access.accounts.login('new@example.com', 'another lantern 8', '10.0.0.1');
    expect(await typesOfAudit()).toEqual(
      expect.arrayContaining(['record_created', 'user_changed', 'password_reset']),
    );

    expect((await call('DELETE', path)).text).toBe('null');
    expect((await call('GET', path)).json()).toMatchObject({ error: 'User record not found for given id' });
  });

  test('keeps a family and a user that a deployment under way needs, until it ends', async () => {
    const { store } = site.access;
    await site.access.addUser('deployer', ['deploy_new_family']);
    const subjectId = await site.access.subjectIdOf('deployer');
    const family = await call('POST', '/table/registry_jobfamily', { fields: { name: 'growing' } });
    await createDeploymentRepository(store.db).insert(
      newDeploymentRow({
        id: 'under-way',
        job_name: 'growing',
        job_version: '1.0.0',
        deployed_by: 'deployer',
        subject_id: subjectId,
        manifest_yaml: 'name: growing',
        infrastructure_target: 'process',
        job_type_version: 'python3:1.0.0',
        is_force: 0,
        no_cache: 0,
      }),
    );
    const [user] = await fieldsOf('auth_user', { username: 'deployer' });
    const paths = [
      `/table/registry_jobfamily/id/${String(family.json<RecordDto>().fields['id'])}`,
      `/table/auth_user/id/${String(user?.['id'])}`,
    ];

    for (const path of paths) {
      const refused = await call('DELETE', path);
      expect(refused.status).toBe(409);
      expect(refused.json()).toMatchObject({
        code: 'DEPLOYMENT_IN_PROGRESS',
        hint: expect.stringContaining('racetrack cancel under-way'),
      });
    }
    await store.db.updateTable('deployment').set({ status: 'failed' }).execute();
    for (const path of paths) expect((await call('DELETE', path)).text).toBe('null');
  });

  test('keeps the last administrator', async () => {
    const [boss] = await fieldsOf('auth_user', { username: 'boss' });
    const path = `/table/auth_user/id/${String(boss?.['id'])}`;

    expect((await call('PUT', path, { fields: { is_staff: false } })).status).toBe(409);
    expect((await call('DELETE', path)).status).toBe(409);
  });

  test('never shows a token, nor lets anybody look for one', async () => {
    const { records } = await list('registry_authtoken');
    expect(records.map(({ fields }) => fields['token'])).toContain('********');
    const byToken = { filters: { token: 'x' } };
    expect((await call('POST', '/table/registry_authtoken/list', byToken)).status).toBe(400);
    expect((await call('POST', '/table/auth_user/list', { order_by: ['-password'] })).status).toBe(400);
  });

  test('gives and takes permissions as the platform does', async () => {
    const [owner] = await fieldsOf('registry_authsubject', {
      id: await site.access.subjectIdOf('boss'),
    });
    const made = await call('POST', '/table/registry_jobfamily', { fields: { name: 'adder' } });
    const familyId = made.json<RecordDto>().fields['id'];
    const granted = await call('POST', '/table/registry_authresourcepermission', {
      fields: { auth_subject_id: owner?.['id'], scope: 'read_job', job_family_id: familyId, endpoint: null },
    });
    const { id } = granted.json<RecordDto>().fields;

    expect(granted.json()).toMatchObject({ fields: { scope: 'read_job', job_family_id: familyId } });
    expect(
      (await call('DELETE', `/table/registry_authresourcepermission/many`, { record_ids: [id] })).text,
    ).toBe('null');
    expect(await typesOfAudit()).toEqual(
      expect.arrayContaining(['permission_granted', 'permission_revoked']),
    );
    expect(
      (await call('POST', '/table/registry_authsubject/names', { record_ids: [owner?.['id'], ''] })).json(),
    ).toEqual({ id_to_name: { [String(owner?.['id'])]: 'User: boss' } });
    expect((await call('POST', '/table/registry_jobfamily/names', { record_ids: ['gone'] })).status).toBe(
      404,
    );
    expect((await call('DELETE', `/table/registry_jobfamily/id/${String(familyId)}`)).text).toBe('null');
  });

  test('turns maintenance mode on as scripts for Racetrack 2.36 do', async () => {
    const made = await call('POST', '/table/registry_setting', {
      fields: { name: 'maintenance_mode', value: 'true' },
    });
    expect(made.json()).toEqual({ fields: { name: 'maintenance_mode', value: 'true' } });
    expect(
      (await call('POST', '/table/registry_setting', { fields: { name: 'maintenance_mode' } })).status,
    ).toBe(409);
    const path = '/table/registry_setting/id/maintenance_mode';
    expect((await call('PUT', path, { fields: { value: 'no JSON' } })).status).toBe(400);
    expect((await call('PUT', path, { fields: { value: 'false' } })).text).toBe('null');
    expect((await call('GET', path)).json()).toEqual({
      fields: { name: 'maintenance_mode', value: 'false' },
    });
    expect((await call('DELETE', path)).text).toBe('null');
  });

  test('counts, sorts and pages, and answers only the columns that were asked for', async () => {
    const count = await call('POST', '/table/auth_user/count', { filters: { is_staff: true } });
    const page = await list('auth_user', { order_by: ['-username'], columns: ['username'], limit: 1 });

    expect(count.json()).toBe(1);
    expect(page).toMatchObject({ columns: ['username'], primary_key_column: 'id' });
    expect(page.records).toEqual([{ fields: { username: 'user' } }]);
  });

  test.each<[TestMethod, string, unknown, number, string]>([
    ['POST', '/table/auth_nothing/list', {}, 404, 'Table class not found for table name auth_nothing'],
    ['POST', '/table/auth_user/list', { columns: ['shoe'] }, 400, 'auth_user has no column "shoe"'],
    ['POST', '/table/auth_user/count', { filters: { is_staff: 'maybe' } }, 400, 'is_staff takes'],
    [
      'POST',
      '/table/registry_job/count',
      { filters: { create_time: 'noon' } },
      400,
      'create_time takes a time',
    ],
    ['GET', '/table/auth_user/id/abc', undefined, 400, 'id takes a value of the type int'],
    ['PUT', '/table/registry_job/id/gone', { fields: { status: 'running' } }, 404, 'Job record not found'],
    ['POST', '/table/registry_auditlogevent', { fields: {} }, 400, 'cannot be made here'],
    ['POST', '/table/registry_authtoken', { fields: { active: true } }, 400, 'cannot be made here'],
    ['POST', '/table/auth_user', { fields: { username: 'x' } }, 400, 'password'],
  ])('%s %s with %j is refused', async (method, path, body, status, text) => {
    const answer = await call(method, path, body);
    expect([answer.status, answer.json<WireError>().error]).toEqual([status, expect.stringContaining(text)]);
    expect(answer.json<WireError>().hint).not.toBe(null);
  });

  test('leaves the audit log alone', async () => {
    const { records } = await list('registry_auditlogevent', { limit: 1, order_by: ['-timestamp'] });
    const path = `/table/registry_auditlogevent/id/${String(records[0]?.fields['id'])}`;

    expect((await call('DELETE', path)).status).toBe(400);
    expect((await call('PUT', path, { fields: { event_type: 'x' } })).status).toBe(400);
  });
});
