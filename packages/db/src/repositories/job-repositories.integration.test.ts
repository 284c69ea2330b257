import { expect, test } from 'vitest';
import {
  createBuildLogRepository,
  createDeploymentRepository,
  createDrainRepository,
  createInstanceRepository,
  createJobRepository,
  createLeaseRepository,
  createReplicaRepository,
  createSubjectRepository,
  createUidRepository,
  UID_RANGE_SIZE,
} from '../index.ts';
import { aDeployment, aJob, anInstance } from '../testing/rows.ts';
import { describeStores } from '../testing/describe-stores.ts';

describeStores('the repositories of jobs', (fixture) => {
  const deployments = () => createDeploymentRepository(fixture.store.db);
  const jobs = () => createJobRepository(fixture.store.db);
  const instances = () => createInstanceRepository(fixture.store.db);
  const addFamily = async (name: string) =>
    (await createSubjectRepository(fixture.store.db).ensureOfFamily(name)).familyId;

  test('a version has at most one deployment in progress', async () => {
    await deployments().insert(aDeployment({ id: 'a' }));
    await deployments().insert(aDeployment({ id: 'b', job_version: '2.0.0' }));

    await expect(deployments().insert(aDeployment({ id: 'c' }))).rejects.toMatchObject({
      code: 'DEPLOYMENT_IN_PROGRESS',
    });
    expect(await deployments().countInProgress()).toBe(2);
  });

  test('of five deployments of a version that come at once, one is accepted', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, async (_, index) => {
        await fixture.store.transaction(
          async ({ db }) => await createDeploymentRepository(db).insert(aDeployment({ id: `d${index}` })),
        );
      }),
    );

    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    expect(refused.map(({ message }) => message)).toEqual(
      Array.from({ length: 4 }, () =>
        expect.stringMatching(
          /^There's already ongoing deployment of job adder 1\.0\.0, recently updated at /,
        ),
      ),
    );
  });

  test('whoever has the fewest deployments under way comes next', async () => {
    const add = async (id: string, subject_id: string, created_at: number): Promise<void> =>
      await deployments().insert(aDeployment({ id, subject_id, created_at, job_name: id }));
    await add('a1', 'a', 1);
    await add('a2', 'a', 2);
    await add('b1', 'b', 3);
    const claim = async () => await deployments().claimNext('me', 'host', 1000, 100, []);

    expect([(await claim())?.id, (await claim())?.id, (await claim())?.id]).toEqual(['a1', 'b1', 'a2']);
    expect(await deployments().listRunningSubjects(1000)).toEqual(['a', 'a', 'b']);
    expect(await deployments().listWaiting('host', 1000, 10)).toEqual([]);
  });

  test('a place kept for newcomers goes to nobody who has one, but to what was begun', async () => {
    await deployments().insert(aDeployment({ id: 'a1', subject_id: 'a', job_name: 'a1' }));
    await deployments().insert(aDeployment({ id: 'a2', subject_id: 'a', job_name: 'a2' }));
    const claim = async () => (await deployments().claimNext('me', 'host', 1000, 100, [], 'newcomer'))?.id;

    expect([await claim(), await claim()]).toEqual(['a1', undefined]);
    await deployments().insert(aDeployment({ id: 'a3', subject_id: 'a', job_name: 'a3', step: 'launch' }));
    await deployments().insert(aDeployment({ id: 'b1', subject_id: 'b', job_name: 'b1' }));
    expect([await claim(), await claim(), await claim()]).toEqual(['b1', 'a3', undefined]);
  });

  test('the oldest free deployment is claimed, then the next, and a lease that ran out again', async () => {
    await deployments().insert(aDeployment({ id: 'new', created_at: 2, job_name: 'b' }));
    await deployments().insert(aDeployment({ id: 'old', created_at: 1 }));
    const claim = async (nowMs: number) => await deployments().claimNext('me', 'host', nowMs, 100, []);

    expect(await claim(1000)).toMatchObject({ id: 'old', lease_owner: 'me', lease_epoch: 1 });
    expect(await claim(1000)).toMatchObject({ id: 'new' });
    expect(await claim(1100)).toBeUndefined();
    expect(await claim(1101)).toMatchObject({ id: 'old', lease_epoch: 2 });
  });

  test('a deployment of a host is left to that host as long as it lives', async () => {
    await deployments().insert(aDeployment({ id: 'theirs', host_id: 'other' }));
    const claim = async (live: string[]) => await deployments().claimNext('me', 'host', 1000, 100, live);

    expect(await claim(['host', 'other'])).toBeUndefined();
    expect(await claim(['host'])).toMatchObject({ id: 'theirs' });
  });

  test('only the holder of the newest epoch writes', async () => {
    await deployments().insert(aDeployment({ id: 'a' }));
    await deployments().claimNext('first', 'host', 1000, 100, []);
    await deployments().claimNext('second', 'host', 2000, 100, []);

    expect(await deployments().update({ id: 'a', owner: 'first', epoch: 1 }, { phase: 'x' })).toBe(false);
    expect(await deployments().renew({ id: 'a', owner: 'second', epoch: 2 }, 3000)).toBe(true);
    expect(await deployments().get('a')).toMatchObject({ phase: null, lease_expires_at: 3000 });
  });

  test('the time when an end was asked for first stays, and an ended deployment has none', async () => {
    await deployments().insert(aDeployment({ id: 'a' }));
    await deployments().insert(aDeployment({ id: 'b', status: 'failed' }));

    expect([await deployments().requestCancel('a', 5), await deployments().requestCancel('a', 6)]).toEqual([
      true,
      true,
    ]);
    expect(await deployments().requestCancel('b', 5)).toBe(false);
    expect(await deployments().get('a')).toMatchObject({ cancel_requested_at: 5 });
  });

  test('deployments are found by version, name, and what they built', async () => {
    const key = 'k'.repeat(64);
    await deployments().insert(aDeployment({ id: 'a', status: 'failed', created_at: 1 }));
    await deployments().insert(
      aDeployment({ id: 'b', created_at: 2, deployment_timestamp: 7, artifact_key: key }),
    );
    await createBuildLogRepository(fixture.store.db).append('a', 'built\n');

    expect(await deployments().findLatest('adder', '1.0.0', { withBuildLog: false })).toMatchObject({
      id: 'b',
    });
    expect(await deployments().findLatest('adder', '1.0.0', { withBuildLog: true })).toMatchObject({
      id: 'a',
    });
    expect(await deployments().findNewestBuilt('adder')).toMatchObject({ id: 'a' });
    expect(await deployments().findNewestTimestamp('adder', '1.0.0')).toBe(7);
    expect(await deployments().findNewestTimestamp('adder', '9.0.0')).toBeUndefined();
    expect(await deployments().listArtifactKeysInUse()).toEqual([key]);
    expect(await deployments().isNameInProgress('adder', 's')).toBe(false);
    expect(await deployments().isNameInProgress('Adder')).toBe(false);
    expect((await deployments().list(1)).length).toBe(1);
  });

  test('a build log keeps its order, and a NUL in it harms nothing', async () => {
    await deployments().insert(aDeployment({ id: 'a' }));
    const logs = createBuildLogRepository(fixture.store.db);
    for (const text of ['one\n', 'two\n', 'a\0b\n']) await logs.append('a', text);
    await deployments().claimNext('me', 'host', 1000, 100, []);
    await deployments().update({ id: 'a', owner: 'me', epoch: 1 }, { error: 'exit\0' });

    expect(await logs.read('a', 0)).toBe('one\ntwo\na\u2400b\n');
    expect(await logs.read('a', 1)).toBe('a\u2400b');
    expect((await deployments().get('a')).error).toBe('exit\u2400');
  });

  test('jobs are listed newest first, then by name in the order of bytes', async () => {
    const family_id = await addFamily('adder');
    const rows = [
      { id: 'j-1', name: 'b', updated_at: 1 },
      { id: 'j-2', name: 'B', updated_at: 1 },
      { id: 'j-3', name: 'a', updated_at: 2 },
    ];
    for (const row of rows) await jobs().insert(aJob({ ...row, family_id }));

    expect((await jobs().list()).map(({ name }) => name)).toEqual(['a', 'B', 'b']);
    expect(await jobs().find('A', '1.0.0')).toBeUndefined();
    await expect(jobs().get('c', '1.0.0')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  test('the time of the last call only moves forward', async () => {
    await jobs().insert(aJob({ id: 'j', family_id: await addFamily('adder') }));
    for (const time of [5, 9, 7]) await jobs().noteCall('j', time);

    expect(await jobs().findById('j')).toMatchObject({ last_call_at: 9 });
  });

  test('a deleted job leaves a tombstone and nothing else', async () => {
    await jobs().insert(aJob({ id: 'j', family_id: await addFamily('adder') }));
    await jobs().requestPublicEndpoints('j', [
      { id: 'e-1', endpoint: '/b' },
      { id: 'e-2', endpoint: '/B' },
    ]);
    await jobs().requestPublicEndpoints('j', [{ id: 'e-3', endpoint: '/b' }]);
    expect((await jobs().listPublicEndpoints('j')).map(({ endpoint }) => endpoint)).toEqual(['/B', '/b']);

    const deletion = { deleted_at: 9, deleted_by: 'bob' };
    await jobs().moveToTrash(await jobs().get('adder', '1.0.0'), deletion);
    expect(await jobs().listPublicEndpoints('j')).toEqual([]);
    expect([await jobs().wasDeleted('adder', '1.0.0'), await jobs().isNameTaken('adder')]).toEqual([
      true,
      true,
    ]);
    expect(await createSubjectRepository(fixture.store.db).deleteFamily('adder')).toMatchObject({
      tokenHashes: [],
    });
  });

  test('instances move from state to state together', async () => {
    await deployments().insert(aDeployment({ id: 'd' }));
    await instances().insert(anInstance({ id: 'i-1', deployment_id: 'd', state: 'launching' }));
    await instances().insert(anInstance({ id: 'i-2', deployment_id: 'd', state: 'active', created_at: 2 }));

    expect(await instances().moveDeployment('d', ['launching'], { state: 'active' })).toEqual(['i-1']);
    expect((await instances().listByJob('adder', '1.0.0', ['active'])).map(({ id }) => id)).toEqual([
      'i-1',
      'i-2',
    ]);
    expect((await instances().list()).map(({ host_id }) => host_id)).toEqual([null, null]);
  });

  test('each replica says once that an instance has drained, and a gone instance is no matter', async () => {
    await deployments().insert(aDeployment({ id: 'd' }));
    await instances().insert(anInstance({ id: 'i', deployment_id: 'd' }));
    const drains = createDrainRepository(fixture.store.db);
    for (const replica of ['b', 'a', 'b']) await drains.markDrained('i', replica);
    await drains.markDrained('gone', 'a');

    expect(await drains.listDrainedBy('i')).toEqual(['a', 'b']);
    await instances().delete('i');
    expect(await drains.listDrainedBy('i')).toEqual([]);
  });

  test('a lease has one holder, and its epoch grows with every change of hands', async () => {
    const leases = createLeaseRepository(fixture.store.db);

    expect(await leases.acquire('reconciler', 'a', 1000, 100)).toBe(1);
    expect(await leases.acquire('reconciler', 'b', 1050, 100)).toBeUndefined();
    expect(await leases.acquire('reconciler', 'a', 1090, 100)).toBe(1);
    expect(await leases.acquire('reconciler', 'b', 1191, 100)).toBe(2);
  });

  test('a replica is known while its heart beats', async () => {
    const replicas = createReplicaRepository(fixture.store.db);
    const facts = { hostId: 'h', hostname: 'box', pid: 1, startedAt: 1 };
    await replicas.heartbeat('a', facts, 1000, 100);
    await replicas.heartbeat('b', { ...facts, startedAt: 0 }, 1000, 300);
    await replicas.setAcknowledged('b', 7);
    await replicas.heartbeat('b', facts, 1001, 300);

    expect((await replicas.listLive(1050)).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(await replicas.listLive(1200)).toMatchObject([
      { id: 'b', host_id: 'h', acknowledged_revision: 7 },
    ]);
    expect(await replicas.removeExpired(1200)).toEqual(['a']);
    await replicas.remove('b');
    expect(await replicas.listLive(0)).toEqual([]);
  });

  test('a job keeps its user id, a freed one is used again last, and blocks of hosts never overlap', async () => {
    const run = async <T>(work: (uids: ReturnType<typeof createUidRepository>) => Promise<T>) =>
      (await fixture.store.transaction(async ({ db }) => await work(createUidRepository(db)))).result;
    const picks = [2_000_000_000, 2_000_000_001, 2_000_016_384];
    const first = await run((uids) => uids.ensureRange('a', () => picks.shift() ?? 0));
    const second = await run((uids) => uids.ensureRange('b', () => picks.shift() ?? 0));

    expect([first.first_uid, second.first_uid]).toEqual([2_000_000_000, 2_000_000_000 + UID_RANGE_SIZE]);
    expect(await run((uids) => uids.ensureRange('a', () => 1))).toMatchObject({ first_uid: 2_000_000_000 });
    expect(await run((uids) => uids.allocate('a', 'adder', '1'))).toBe(2_000_000_000);
    expect(await run((uids) => uids.allocate('a', 'adder', '2'))).toBe(2_000_000_001);
    expect(await run((uids) => uids.allocate('a', 'adder', '1'))).toBe(2_000_000_000);
    await run((uids) => uids.release('a', 'adder', '1'));
    expect(await run((uids) => uids.allocate('a', 'adder', '3'))).toBe(2_000_000_002);
    expect((await run((uids) => uids.list('a'))).map(({ job_version }) => job_version)).toEqual(['2', '3']);
  });

  test('a host without a free user id says so', async () => {
    const { db } = fixture.store;
    await db
      .insertInto('uid_range')
      .values({ host_id: 'a', first_uid: 100, size: 2, next_uid: 101 })
      .execute();
    const allocate = async (version: string) =>
      (
        await fixture.store.transaction(async (trx) =>
          createUidRepository(trx.db).allocate('a', 'x', version),
        )
      ).result;

    expect([await allocate('1'), await allocate('2')]).toEqual([101, 100]);
    await expect(allocate('3')).rejects.toMatchObject({ code: 'UID_RANGE_EXHAUSTED' });
    await expect(allocate('3')).rejects.toThrow('no user id is left');
  });
});
