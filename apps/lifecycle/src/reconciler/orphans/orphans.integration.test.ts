import { DatabaseSync } from 'node:sqlite';
import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobDto, OrphanDto, OrphanListDto } from '@racetrack-platform/contracts';
import { waitUntil } from '@racetrack-platform/testing';
import { createNewcomer } from '../../testing/create-newcomer.ts';
import { FeedFollower } from '../../testing/follow-feed.ts';
import { TestControl, toyProgram } from '../../testing/start-test-control.ts';

describe('orphans', () => {
  let control: TestControl;

  beforeAll(async () => {
    control = await TestControl.start({}, { isProcess: true, hasToyTarget: true });
  });
  afterAll(async () => await control[Symbol.asyncDispose]());

  const call = async (method: string, path: string, token?: string) => {
    const answer = await control.request(method, `/api/v1${path}`, undefined, token);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const list = async () => (await call('GET', '/orphans')).body as unknown as OrphanListDto;
  const findJob = async (name: string) => (await call('GET', `/job/${name}/1.0.0`)).body as unknown as JobDto;

  function change(...statements: readonly string[]): void {
    const database = new DatabaseSync(join(control.dataDir, 'store/racetrack.db'), { timeout: 5_000 });
    for (const statement of statements) database.exec(statement);
    database.close();
  }

  /** Deploys a job and makes the store forget its rows, as one does that was put back to an earlier state. */
  async function orphan(name: string, more: Record<string, unknown> = {}, ...forgotten: string[]) {
    const manifest = await control.commit(name, '1.0.0', toyProgram('42'));
    const { status, error } = await control.deploy({ ...manifest, ...more });
    expect([status, error]).toEqual(['done', null]);
    const where = `where job_name = '${name}'`;
    change(`delete from instance ${where}`, `delete from job where name = '${name}'`, ...forgotten);
    const found = (await list()).orphans.filter((one) => one.job_name === name);
    return found as [OrphanDto, ...OrphanDto[]];
  }

  test('are listed with what is known of them, for staff', async () => {
    const [found] = await orphan('listed');
    const bob = await createNewcomer(control, 'bob@example.com');

    expect(found).toMatchObject({
      target: 'process',
      job_version: '1.0.0',
      deployed_by: 'admin',
      state: 'running',
      adoptable: true,
      reason: null,
      being_removed: false,
    });
    expect(Math.abs(found.start_time - Date.now() / 1_000)).toBeLessThan(60);
    for (const [method, path] of [
      ['GET', '/orphans'],
      ['POST', `/orphans/${found.instance}/adopt`],
      ['DELETE', `/orphans/${found.instance}`],
    ] as const) {
      expect([method, (await call(method, path, bob)).status]).toEqual([method, 401]);
    }
    expect((await call('DELETE', '/orphans/i-nobody')).status).toBe(404);
  });

  test('are adopted with all instances of the launch: the job is routed, owned, and looked after', async () => {
    using feed = await FeedFollower.connect(join(control.dataDir, 'run/feed.sock'));
    const found = await orphan('adopted', { replicas: 2 });
    expect(found).toHaveLength(2);

    // Two administrators at once.
    const answers = await Promise.all([
      call('POST', `/orphans/${found[0].instance}/adopt`),
      call('POST', `/orphans/${found[1]?.instance}/adopt`),
    ]);

    expect(answers.map(({ status }) => status).sort((one, other) => one - other)).toEqual([200, 409]);
    const { id, status, replica_internal_names } = await findJob('adopted');
    expect(status).toBe('running');
    expect(replica_internal_names.toSorted()).toEqual(found.map(({ instance }) => instance).sort());
    await waitUntil('the route', () => feed.records.get(`job ${id}`));
    expect(feed.records.get(`job ${id}`)).toMatchObject({ instances: [{}, {}] });
    expect((await list()).orphans.filter(({ job_name }) => job_name === 'adopted')).toEqual([]);
    const audit = await call('GET', '/audit/log?type=job_adopted');
    expect(JSON.stringify(audit.body)).toContain('"job_name":"adopted"');
    expect((await call('DELETE', '/job/adopted/1.0.0')).status).toBe(200);
    expect((await list()).orphans.filter(({ job_name }) => job_name === 'adopted')).toEqual([]);
  });

  test('are not adopted beside a job of that name, nor when nothing tells how they were made', async () => {
    await control.deploy(await control.commit('listed', '1.0.0', toyProgram('43')));
    const [unknown] = await orphan('unknown', {}, `delete from deployment where job_name = 'unknown'`);
    const taken = (await list()).orphans.find(({ job_name }) => job_name === 'listed');

    expect(unknown).toMatchObject({ adoptable: false, reason: expect.stringContaining('nobody knows') });
    expect((await call('POST', `/orphans/${unknown.instance}/adopt`)).body).toMatchObject({
      code: 'BAD_REQUEST',
      hint: expect.stringContaining('Deploy unknown 1.0.0 again'),
    });
    expect((await call('POST', `/orphans/${taken?.instance}/adopt`)).body).toMatchObject({
      code: 'ALREADY_EXISTS',
      hint: expect.stringContaining(`racetrack orphan remove ${taken?.instance}`),
    });
  });

  test('are adopted from the tombstone of their job when the deployment is forgotten', async () => {
    const [found] = await orphan(
      'buried',
      {},
      `insert into trash_job (id, name, version, manifest_yaml, deployed_by, created_at, updated_at, deleted_at, job_type_version)
        select 'grave', job_name, job_version, manifest_yaml, deployed_by, 7000, 7000, 8000, job_type_version
        from deployment where job_name = 'buried'`,
      `delete from build_log where deployment_id in (select id from deployment where job_name = 'buried')`,
      `delete from deployment where job_name = 'buried'`,
    );

    expect(found).toMatchObject({ adoptable: true, reason: expect.stringContaining('redeployed') });
    expect((await call('POST', `/orphans/${found.instance}/adopt`)).status).toBe(200);
    const job = await findJob('buried');
    expect(job).toMatchObject({
      status: 'running',
      create_time: 7,
      notice: expect.stringContaining('redeployed'),
    });
    // The manifest names its source, so that it can be built again.
    expect((await call('POST', '/job/buried/1.0.0/redeploy')).status).toBe(200);
    expect(await findJob('buried')).toMatchObject({ status: 'running', notice: null });
  });

  test('are removed for good, whatever the target tells, and also when it is away or the platform dies', async () => {
    await orphan('silent', { infrastructure_target: 'toy' });
    const found = (await list()).orphans.find(({ target }) => target === 'toy');
    const path = `/orphans/${found?.instance}`;
    expect(found).toMatchObject({ job_name: null, adoptable: false, reason: expect.stringContaining('toy') });
    const unreachable = join(control.dataDir, 'plugins/toy-target/unreachable');
    await writeFile(unreachable, '');
    expect(await call('DELETE', path)).toMatchObject({ status: 503, body: { code: 'PLUGIN_UNAVAILABLE' } });
    expect((await list()).unreachable_targets).toEqual(['toy']);
    await rm(unreachable);
    expect((await call('DELETE', path)).status).toBe(200);
    expect((await list()).orphans.map(({ target }) => target)).not.toContain('toy');

    const left = (await list()).orphans.find(({ job_name }) => job_name === 'unknown');
    // As a platform leaves it that is killed once the wish is stored.
    change(
      `insert into orphan_removal (instance_id, target, host_id, requested_by, requested_at)
        select '${left?.instance}', 'process', host_id, 'admin', 1 from instance where job_name = 'listed'`,
    );
    await control.spawned.kill();
    await control.boot();

    await waitUntil('it being gone', async () =>
      (await list()).orphans.every(({ job_name }) => job_name !== 'unknown'),
    );
    const audit = await call('GET', '/audit/log?type=orphan_removed');
    expect(JSON.stringify(audit.body)).toContain(found?.instance);
  });
});
