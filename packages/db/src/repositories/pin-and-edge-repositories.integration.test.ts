import { expect, test } from 'vitest';
import {
  createCallEdgeRepository,
  createDeploymentRepository,
  createInstanceRepository,
  createJobRepository,
  createPinRepository,
  createSubjectRepository,
} from '../index.ts';
import { aDeployment, aJob, anInstance } from '../testing/rows.ts';
import { describeStores } from '../testing/describe-stores.ts';

describeStores('pins and observed calls', (fixture) => {
  const pins = () => createPinRepository(fixture.store.db);
  const edges = () => createCallEdgeRepository(fixture.store.db);
  const addFamily = async (name: string) =>
    await createSubjectRepository(fixture.store.db).ensureOfFamily(name);

  async function addVersions(name: string, versions: readonly string[]): Promise<string> {
    const { familyId } = await addFamily(name);
    for (const version of versions) {
      const facts = { id: `${name}-${version}`, name, version, deployment_id: `d-${name}-${version}` };
      await createJobRepository(fixture.store.db).insert(aJob({ family_id: familyId, ...facts }));
    }
    return familyId;
  }

  test('a pin is replaced by the next of the same alias, and goes with its job', async () => {
    const familyId = await addVersions('adder', ['1.0.0', '1.1.0']);
    const pin = { familyId, pattern: 'latest', pinnedBy: 'bob', pinnedAt: 7 };
    await pins().put({ ...pin, jobId: 'adder-1.0.0', previousJobId: null });
    await pins().put({ ...pin, jobId: 'adder-1.1.0', previousJobId: 'adder-1.0.0' });
    await pins().put({ ...pin, pattern: '1.x', jobId: 'adder-1.0.0', previousJobId: 'gone' });

    const facts = { familyId, family: 'adder', pinnedBy: 'bob', pinnedAt: 7 };
    expect(await pins().list()).toEqual([
      {
        ...facts,
        pattern: '1.x',
        jobId: 'adder-1.0.0',
        version: '1.0.0',
        previousJobId: 'gone',
        previousVersion: null,
      },
      {
        ...facts,
        pattern: 'latest',
        jobId: 'adder-1.1.0',
        version: '1.1.0',
        previousJobId: 'adder-1.0.0',
        previousVersion: '1.0.0',
      },
    ]);
    expect(await pins().listOfJob('adder-1.0.0')).toMatchObject([{ pattern: '1.x' }]);
    expect(await pins().listOfFamily('other')).toEqual([]);

    const job = await createJobRepository(fixture.store.db).get('adder', '1.1.0');
    await createJobRepository(fixture.store.db).moveToTrash(job, { deleted_at: 1, deleted_by: 'bob' });
    expect(await pins().find('adder', 'latest')).toBeUndefined();
    await pins().remove(familyId, '1.x');
    expect(await pins().list()).toEqual([]);
  });

  test('a version can be called when an active instance of its deployment has an address', async () => {
    await addVersions('adder', ['1.0.0', '1.1.0', '1.2.0']);
    const deployments = createDeploymentRepository(fixture.store.db);
    const instances = createInstanceRepository(fixture.store.db);
    const rows = [
      { id: 'a', version: '1.0.0', address: '{}' },
      { id: 'b', version: '1.0.0', address: '{}' },
      { id: 'c', version: '1.1.0', address: '{}', state: 'draining' },
      { id: 'd', version: '1.2.0', address: null },
    ] as const;
    for (const version of new Set(rows.map((row) => row.version)))
      await deployments.insert(aDeployment({ id: `d-adder-${version}`, job_version: version }));
    for (const { version, ...row } of rows)
      await instances.insert(
        anInstance({ ...row, deployment_id: `d-adder-${version}`, job_version: version }),
      );

    const candidates = await pins().listCandidates('adder');
    expect(new Map(candidates.map((known) => [known.version, known.routedInstances]))).toEqual(
      new Map([
        ['1.0.0', 2],
        ['1.1.0', 0],
        ['1.2.0', 0],
      ]),
    );
  });

  test('observed calls add up, keep the newest time, and forget what is gone', async () => {
    const { id: subjectId } = await addFamily('caller');
    await addFamily('adder');
    const edge = { subjectId, family: 'adder', calls: 2, lastCallAt: 20 };
    await edges().add([]);
    await edges().add([edge, { ...edge, family: 'gone' }, { ...edge, subjectId: 'gone' }]);
    await edges().add([{ ...edge, calls: 3, lastCallAt: 10 }]);

    expect(await edges().list()).toEqual([{ ...edge, calls: 5 }]);
    expect(await edges().listOfFamily('caller')).toEqual([]);
  });
});
