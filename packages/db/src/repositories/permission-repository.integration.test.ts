import { expect, test } from 'vitest';
import type { Scope } from '@racetrack-platform/contracts';
import { createJobRepository, createPermissionRepository, createSubjectRepository } from '../index.ts';
import { describeStores } from '../testing/describe-stores.ts';

describeStores('the repository of permissions', (fixture) => {
  const permissions = () => createPermissionRepository(fixture.store.db);
  const familyIds = new Map<string, string>();

  async function addFamily(name: string): Promise<string> {
    const { id, familyId } = await createSubjectRepository(fixture.store.db).ensureOfFamily(name);
    familyIds.set(name, familyId);
    return id;
  }

  async function addJob(name: string, version: string): Promise<void> {
    await createJobRepository(fixture.store.db).insert({
      id: `${name}-${version}`,
      family_id: familyIds.get(name) ?? '',
      name,
      version,
      status: 'running',
      created_at: 1,
      updated_at: 1,
      manifest_yaml: '',
      deployed_by: null,
      infrastructure_target: 't',
      job_type_version: 'x:1',
      deployment_id: 'd',
      error: null,
      notice: null,
      last_call_at: null,
    });
  }

  async function setUp(): Promise<string> {
    const subjectId = await addFamily('reader');
    for (const name of ['a', 'b']) await addFamily(name);
    for (const version of ['1.0.0', '1.1.0']) for (const name of ['a', 'b']) await addJob(name, version);
    return subjectId;
  }

  test('numbers grants, and finds one by number, id and content', async () => {
    const subjectId = await setUp();
    const first = { subjectId, scope: 'read_job', familyId: familyIds.get('a') ?? '' } as const;
    const second = { subjectId, scope: 'call_job', jobId: 'b-1.0.0', endpoint: '/x' } as const;

    expect([await permissions().grant(first, 5_000), await permissions().grant(second, 6_000)]).toEqual([
      true,
      true,
    ]);
    expect(await permissions().grant(first, 7_000)).toBe(false);
    const found = await permissions().findSame(second);
    expect(found).toMatchObject({
      number: 2,
      subject: { kind: 'job_family', name: 'reader' },
      family: null,
      job: { name: 'b', version: '1.0.0' },
      endpoint: '/x',
      createdAt: 6_000,
    });
    expect(await permissions().findRecord('2')).toEqual(found);
    expect(await permissions().findRecord(found?.id ?? '')).toEqual(found);
    expect(await permissions().findRecord('3')).toBeUndefined();
  });

  test('lists grants by subject, family and job, in pages', async () => {
    const subjectId = await setUp();
    const other = await addFamily('other');
    await permissions().grant({ subjectId, scope: 'read_job', familyId: familyIds.get('a') ?? '' }, 1);
    await permissions().grant({ subjectId: other, scope: 'read_job', jobId: 'a-1.0.0' }, 2);
    await permissions().grant({ subjectId: other, scope: 'full_access' }, 3);
    const numbersOf = async (
      filter: Parameters<ReturnType<typeof permissions>['listRecords']>[0],
      offset = 0,
    ) => (await permissions().listRecords(filter, { limit: 2, offset })).map(({ number }) => number);

    expect(await numbersOf({})).toEqual([1, 2]);
    expect(await numbersOf({}, 2)).toEqual([3]);
    expect(await numbersOf({ subjectId: other })).toEqual([2, 3]);
    expect(await numbersOf({ family: 'a' })).toEqual([1, 2]);
    expect(await numbersOf({ job: { name: 'a', version: '1.0.0' } })).toEqual([2]);
    await permissions().delete((await permissions().findRecord('2'))?.id ?? '');
    expect(await numbersOf({ family: 'a' })).toEqual([1]);
  });

  test.each<
    [string, { scope?: Scope; family?: string; jobId?: string; endpoint?: string }, string[], string[]]
  >([
    ['nothing', { scope: 'call_job' }, [], []],
    ['everything', {}, ['a 1.0.0', 'a 1.1.0', 'b 1.0.0', 'b 1.1.0'], ['a', 'b', 'reader']],
    ['full access', { scope: 'full_access', family: 'a' }, ['a 1.0.0', 'a 1.1.0'], ['a']],
    ['a family', { family: 'b' }, ['b 1.0.0', 'b 1.1.0'], ['b']],
    ['a job', { jobId: 'a-1.1.0' }, ['a 1.1.0'], ['a']],
    ['a job and its family', { jobId: 'a-1.1.0', family: 'a' }, ['a 1.1.0'], ['a']],
    ['a job and another family', { jobId: 'a-1.1.0', family: 'b' }, [], []],
    ['one endpoint', { jobId: 'a-1.1.0', endpoint: '/x' }, [], []],
  ])('a grant on %s covers just that', async (_title, { family, ...grant }, jobs, families) => {
    const subjectId = await setUp();
    const familyId = family === undefined ? null : (familyIds.get(family) ?? '');
    await permissions().grant({ subjectId, scope: 'read_job', familyId, ...grant }, 1);

    const covered = await permissions().listCoveredJobs(subjectId, 'read_job');
    expect(covered.map(({ name, version }) => `${name} ${version}`)).toEqual(jobs);
    const coveredFamilies = await permissions().listCoveredFamilies(subjectId, 'read_job');
    expect(coveredFamilies.map(({ name }) => name)).toEqual(families);
  });

  test('givers are those with a scope on everything', async () => {
    const subjectId = await setUp();
    await permissions().grant({ subjectId, scope: 'call_admin_api', familyId: familyIds.get('a') ?? '' }, 1);
    expect(await permissions().listGivers(['call_admin_api'], 5)).toEqual([]);

    await permissions().grant({ subjectId, scope: 'call_admin_api' }, 2);
    expect(await permissions().listGivers(['call_admin_api'], 5)).toEqual([
      { kind: 'job_family', name: 'reader' },
    ]);
  });
});
