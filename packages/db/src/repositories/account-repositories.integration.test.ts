import { expect, test } from 'vitest';
import {
  createAuditRepository,
  createMetaRepository,
  createPermissionRepository,
  createSettingRepository,
  createSubjectRepository,
  createTokenRepository,
  createUserRepository,
} from '../index.ts';
import { describeStores } from '../testing/describe-stores.ts';

describeStores('the repositories of accounts', (fixture) => {
  const addUser = async (username: string, change: { is_active?: 0 | 1; is_staff?: 0 | 1 } = {}) => {
    const id = `u-${username}`;
    const row = {
      id,
      username,
      password_hash: 'h',
      is_active: 1,
      is_staff: 0,
      created_at: 1,
      last_login_at: null,
    } as const;
    await createUserRepository(fixture.store.db).insert({ ...row, ...change });
    return (await createSubjectRepository(fixture.store.db).ensureOfUser(id)).id;
  };
  const addToken = async (id: string, subjectId: string, change: object = {}) =>
    await createTokenRepository(fixture.store.db).insert({
      id,
      subject_id: subjectId,
      name: null,
      hash: `hash-${id}`,
      sealed: 's',
      expires_at: null,
      is_active: 1,
      created_at: 1,
      last_used_at: null,
      ...change,
    });

  test('meta keeps the first value', async () => {
    const meta = createMetaRepository(fixture.store.db);
    await meta.insertOnce('a', 'first');
    await meta.insertOnce('a', 'second');

    expect([await meta.find('a'), await meta.find('b')]).toEqual(['first', undefined]);
  });

  test('settings hold any JSON and can be replaced', async () => {
    const settings = createSettingRepository(fixture.store.db);
    await settings.set('maintenance_mode', true);
    await settings.set('maintenance_mode', { until: [1, null] });

    expect([await settings.find('maintenance_mode'), await settings.find('x')]).toEqual([
      { until: [1, null] },
      undefined,
    ]);
  });

  test('users are unique by name, and insert says so', async () => {
    const users = createUserRepository(fixture.store.db);
    expect(await users.exists()).toBe(false);
    await addUser('bob');
    const again = {
      id: 'u-2',
      username: 'bob',
      password_hash: 'x',
      is_active: 1,
      is_staff: 1,
      created_at: 2,
      last_login_at: null,
    } as const;

    expect(await users.insert(again)).toBe(false);
    expect(await users.find('bob')).toMatchObject({ id: 'u-bob', password_hash: 'h' });
    expect(await users.exists()).toBe(true);
  });

  test('a password hash is replaced only while it is the one that was verified', async () => {
    const users = createUserRepository(fixture.store.db);
    await addUser('bob');
    await users.setPasswordHash('u-bob', 'newer');
    await users.replacePasswordHash('u-bob', 'h', 'of the old password');

    expect(await users.find('bob')).toMatchObject({ password_hash: 'newer' });
  });

  test('subjects are made once and show the name that people know', async () => {
    const subjects = createSubjectRepository(fixture.store.db);
    const user = await addUser('bob', { is_staff: 1 });
    const family = await subjects.ensureOfFamily('adder');

    expect(await subjects.ensureOfFamily('adder')).toEqual({ ...family, isNew: false });
    expect(await subjects.find(user)).toEqual({
      id: user,
      kind: 'user',
      name: 'bob',
      claim: 'bob',
      isActive: true,
      isStaff: true,
    });
    expect(await subjects.find(family.id)).toMatchObject({
      kind: 'job_family',
      name: 'adder',
      isActive: true,
    });
  });

  test('an external service is named by its name, and claims by its id', async () => {
    await fixture.store.db.insertInto('esc').values({ id: 'shop-1', name: 'The shop' }).execute();
    const row = { id: 's-1', kind: 'esc', user_id: null, esc_id: 'shop-1', family_id: null } as const;
    await fixture.store.db.insertInto('subject').values(row).execute();

    expect(await createSubjectRepository(fixture.store.db).find('s-1')).toMatchObject({
      name: 'The shop',
      claim: 'shop-1',
    });
  });

  test('deactivated users are not among the active subjects', async () => {
    await addUser('eve', { is_active: 0 });
    const bob = await addUser('bob');

    expect((await createSubjectRepository(fixture.store.db).listActive()).map(({ id }) => id)).toEqual([bob]);
  });

  test('the usable token is the oldest that is active and not expired', async () => {
    const tokens = createTokenRepository(fixture.store.db);
    const bob = await addUser('bob');
    await addToken('revoked', bob, { created_at: 1, is_active: 0 });
    await addToken('expired', bob, { created_at: 2, expires_at: 100 });
    await addToken('usable', bob, { created_at: 3, expires_at: 101 });
    await addToken('later', bob, { created_at: 4 });

    expect(await tokens.findUsable(bob, 100)).toMatchObject({ id: 'usable' });
    expect(await tokens.deactivate('usable')).toBe('hash-usable');
    expect(await tokens.deactivate('unknown')).toBeUndefined();
    expect((await tokens.listActive()).map(({ hash }) => hash).sort()).toEqual([
      'hash-expired',
      'hash-later',
    ]);
  });

  test('a grant is stored once, and shows the family by name', async () => {
    const permissions = createPermissionRepository(fixture.store.db);
    const bob = await addUser('bob');
    const { familyId } = await createSubjectRepository(fixture.store.db).ensureOfFamily('adder');
    const grant = { subjectId: bob, scope: 'read_job', familyId } as const;

    expect(await permissions.grant(grant, 1)).toBe(true);
    expect(await permissions.grant({ ...grant, jobId: null }, 2)).toBe(false);
    expect(await permissions.grant({ ...grant, endpoint: '/x' }, 3)).toBe(true);
    const stored = [
      { scope: 'read_job', family: 'adder', jobId: null, endpoint: null },
      { scope: 'read_job', family: 'adder', jobId: null, endpoint: '/x' },
    ];
    expect(inOrder(await permissions.listOfSubject(bob))).toEqual(stored);
    expect(inOrder(await permissions.list())).toMatchObject([
      { subjectId: bob, endpoint: null },
      { subjectId: bob, endpoint: '/x' },
    ]);
  });

  test('audit events come newest first, filtered and limited', async () => {
    const audit = createAuditRepository(fixture.store.db);
    const event = {
      event_type: 'job_deployed',
      properties: '{}',
      username_executor: 'bob',
      username_subject: null,
      job_name: 'adder',
      job_version: '1.0.0',
    };
    await audit.insert({ ...event, id: 'a', created_at: 1 });
    await audit.insert({ ...event, id: 'b', created_at: 2, job_name: 'primer' });
    await audit.insert({ ...event, id: 'c', created_at: 3, username_executor: 'x', username_subject: 'bob' });
    const idsOf = async (...args: Parameters<typeof audit.list>) =>
      (await audit.list(...args)).map(({ id }) => id).join('');

    expect(await idsOf({}, 2)).toBe('cb');
    expect(await idsOf({ jobName: 'adder', jobVersion: '1.0.0' }, 9)).toBe('ca');
    expect(await idsOf({ relatedTo: 'x' }, 9)).toBe('c');
    const reader = { subjectId: 's', families: [], jobIds: [], eventTypes: [] };
    expect(
      await idsOf({ visibleTo: { ...reader, username: 'x', families: ['primer'], jobIds: ['j-1'] } }, 9),
    ).toBe('cb');
    expect(await idsOf({ visibleTo: { ...reader, username: 'nobody' } }, 9)).toBe('');
  });
});

function inOrder<T extends { endpoint: string | null }>(rows: T[]): T[] {
  return rows.sort((a, b) => (a.endpoint ?? '').localeCompare(b.endpoint ?? ''));
}
