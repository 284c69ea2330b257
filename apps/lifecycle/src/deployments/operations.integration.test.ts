import { DatabaseSync } from 'node:sqlite';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeploymentDto, JobDto } from '@racetrack-platform/contracts';
import { createNewcomer } from '../testing/create-newcomer.ts';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const WORKS = toyProgram('42');
/** Never gets ready. */
const HELD = toyProgram('42', 'await new Promise((resolve) => setTimeout(resolve, 600_000));');

/** Few places for deployments, so that they have to wait for each other; versions may be overwritten. */
const ENV = { RACETRACK_MAX_DEPLOYMENTS: '2', RACETRACK_ALLOW_JOB_OVERWRITE: 'true' };

describe('deployments and jobs as administrators handle them', () => {
  let control: TestControl;
  let bob: string;
  let eve: string;

  beforeAll(async () => {
    control = await TestControl.start(ENV);
    bob = await createNewcomer(control, 'bob@example.com');
    eve = await createNewcomer(control, 'eve@example.com');
  });

  afterAll(async () => await control[Symbol.asyncDispose]());

  async function ask(token: string, name: string, program = WORKS, path = 'deploy'): Promise<string> {
    const manifest = await control.commit(name, '1.0.0', program);
    const answer = await control.request('POST', `/api/v1/${path}`, { manifest }, token);
    return ((await answer.json()) as { id: string }).id;
  }

  async function look(id: string, token = control.token): Promise<DeploymentDto> {
    return (await (
      await control.request('GET', `/api/v1/deploy/${id}`, undefined, token)
    ).json()) as DeploymentDto;
  }

  async function put(token: string, id: string, field: 'phase' | 'warnings', text: string) {
    const answer = await control.request('PUT', `/api/v1/deploy/${id}/${field}`, { [field]: text }, token);
    return [answer.status, await answer.json()];
  }

  function change(...statements: readonly string[]): void {
    const database = new DatabaseSync(join(control.dataDir, 'store/racetrack.db'), { timeout: 5_000 });
    for (const statement of statements) database.exec(statement);
    database.close();
  }

  test('a build prepares the job and runs nothing', async () => {
    const before = await readdir(join(control.dataDir, 'instances'));

    const end = await control.waitForEnd(await ask(bob, 'built', WORKS, 'build'));

    expect(end).toMatchObject({ kind: 'build', status: 'done', image_name: expect.any(String) });
    expect(end.job).toBeUndefined();
    expect((await control.request('GET', '/api/v1/job/built/1.0.0')).status).toBe(404);
    expect(await readdir(join(control.dataDir, 'instances'))).toEqual(before);
  });

  test('deployments are seen, and written into, by those whom they concern', async () => {
    const id = await ask(bob, 'private');
    const end = await control.waitForEnd(id);
    const list = async (token: string) =>
      (
        (await (
          await control.request('GET', '/api/v1/deploy?limit=50', undefined, token)
        ).json()) as DeploymentDto[]
      ).map((deployment) => deployment.id);

    expect(await list(bob)).toContain(id);
    expect(await list(control.token)).toContain(id);
    expect(await list(eve)).toEqual([]);
    expect(await put(eve, id, 'warnings', 'x')).toMatchObject([404, { code: 'DEPLOYMENT_NOT_FOUND' }]);
    expect(await put(bob, id, 'phase', 'too late')).toEqual([200, null]);
    expect(await put(bob, id, 'warnings', 'too late')).toEqual([200, null]);
    expect(await look(id, bob)).toEqual(end);
    expect(await put(control.token, 'nowhere', 'phase', 'x')).toMatchObject([
      404,
      { hint: expect.stringContaining('GET /api/v1/deploy') },
    ]);

    change(
      `insert into permission (id, subject_id, scope, family_id, job_id, endpoint, created_at)
       select 'p-eve', subject.id, 'read_job', null, job.id, null, 0 from subject
       join "user" on "user".id = subject.user_id, job
       where "user".username = 'eve@example.com' and job.name = 'private'`,
    );
    expect(await list(eve)).toEqual([id]);
    expect(await put(eve, id, 'phase', 'x')).toMatchObject([401, { code: 'PERMISSION_DENIED' }]);
  });

  test('a deployment under way takes warnings from its builders as long as there is room', async () => {
    const id = await ask(bob, 'warned', HELD);

    expect(await put(bob, id, 'warnings', 'one')).toEqual([200, null]);
    expect(await put(control.token, id, 'warnings', 'two')).toEqual([200, null]);
    for (const letter of 'abc') await put(bob, id, 'warnings', letter.repeat(10_000));

    const warnings = (await look(id, bob)).warnings ?? '';
    expect(warnings).toMatch(/one\ntwo\na{10000}\nb+\nfurther warnings were dropped[^\n]*$/);
    expect(warnings.length).toBeLessThanOrEqual(20_000);
    await control.request('POST', `/api/v1/deploy/${id}/cancel`, undefined, bob);
    await control.waitForEnd(id);
  });

  test('who asks for less waits less, and is told how long the queue is', async () => {
    const first = await ask(bob, 'queue-a', HELD);
    const other = await ask(eve, 'queue-b', HELD);
    const second = await ask(eve, 'queue-c', HELD);
    const third = await ask(control.token, 'queue-d', WORKS);

    await expect
      .poll(async () => [(await look(second)).phase, (await look(third)).phase], { timeout: 10_000 })
      .toEqual(['waiting for a free place (1 before it)', 'waiting for a free place (0 before it)']);
    for (const id of [first, other, second]) await control.request('POST', `/api/v1/deploy/${id}/cancel`);
    expect(await control.waitForEnd(third)).toMatchObject({ status: 'done', phase: null });
  });

  test('nobody holds all places: the last one is kept for who has none', async () => {
    const first = await ask(bob, 'places-a', HELD);
    const second = await ask(bob, 'places-b', HELD);

    expect(await control.waitForEnd(await ask(eve, 'places-c', WORKS))).toMatchObject({ status: 'done' });
    await expect
      .poll(async () => (await look(second)).phase, { timeout: 10_000 })
      .toBe('waiting for a free place (0 before it)');
    for (const id of [second, first]) await control.request('POST', `/api/v1/deploy/${id}/cancel`);
    await control.waitForEnd(first);
  });

  test('in maintenance mode nothing new is provisioned: it waits, says for what, and goes on afterwards', async () => {
    const setMaintenance = async (enabled: boolean) =>
      await control.request('PUT', '/api/v1/settings/maintenance', { enabled, message: 'Back at noon.' });
    const phaseOf = async (id: string) => (await look(id)).phase;
    const waits = 'waiting for the end of maintenance mode: Back at noon.';
    const stepOf = async (id: string) => (await look(id)).step;
    const provisioned = await ask(bob, 'provisioned', HELD);
    await expect.poll(async () => await stepOf(provisioned), { timeout: 30_000 }).toBe('ready');
    const manifest = await control.commit('building', '1.0.0', WORKS);
    const answer = await control.request('POST', '/api/v1/deploy', {
      manifest: { ...manifest, jobtype_extra: { build: 'sleep 1' } },
    });
    const { id: building } = (await answer.json()) as { id: string };
    await expect.poll(async () => await stepOf(building), { timeout: 30_000 }).not.toBe('accepted');
    const accepted = await ask(eve, 'accepted');
    await setMaintenance(true);

    await expect.poll(async () => await phaseOf(building), { timeout: 30_000 }).toBe(waits);
    expect([await stepOf(building), await stepOf(provisioned)]).toEqual(['launch', 'ready']);
    await control.request('POST', `/api/v1/deploy/${provisioned}/cancel`);
    await expect.poll(async () => await phaseOf(accepted), { timeout: 30_000 }).toBe(waits);
    expect(await stepOf(accepted)).toBe('accepted');
    await control.request('POST', `/api/v1/deploy/${building}/cancel`);
    expect(await control.waitForEnd(building)).toMatchObject({ error_code: 'DEPLOYMENT_CANCELLED' });

    await setMaintenance(false);
    expect(await control.waitForEnd(accepted)).toMatchObject({ status: 'done', phase: null });
  });

  test('a version may be deployed over itself, and after its deletion, where the server is set so', async () => {
    const manifest = await control.commit('over', '1.0.0', WORKS);
    await control.deploy(manifest);
    expect(await control.deploy(manifest)).toMatchObject({ status: 'done' });
    await control.request('DELETE', '/api/v1/job/over/1.0.0');

    expect(await control.deploy(manifest)).toMatchObject({ status: 'done' });
  });

  test('a lost job is brought back by reconciling, in the name of its deployer', async () => {
    await control.waitForEnd(await ask(bob, 'lost'));
    change(
      `delete from instance where job_name = 'lost'`,
      `update job set status = 'lost' where name = 'lost'`,
    );

    const refused = await control.request('POST', '/api/v1/job/all/reconcile', {}, bob);
    const answer = await control.request('POST', '/api/v1/job/all/reconcile', {});

    expect([refused.status, answer.status, await answer.text()]).toEqual([401, 200, 'null']);
    const job = (await (await control.request('GET', '/api/v1/job/lost/1.0.0')).json()) as JobDto;
    expect(job).toMatchObject({ status: 'running', deployed_by: 'bob@example.com' });
    expect(job.replica_internal_names).toHaveLength(1);
  });

  test('a lost job can be deleted, and leaves what it was in the trash', async () => {
    await control.waitForEnd(await ask(bob, 'trashed'));
    change(`update job set status = 'lost', error = 'gone' where name = 'trashed'`);

    expect((await control.request('DELETE', '/api/v1/job/trashed/1.0.0', undefined, bob)).status).toBe(200);

    const database = new DatabaseSync(join(control.dataDir, 'store/racetrack.db'), { readOnly: true });
    const row = database.prepare(`select * from trash_job where name = 'trashed'`).get();
    const event = database.prepare(`select * from audit_event where event_type = 'job_deleted'`).all().at(-1);
    database.close();
    expect(row).toMatchObject({
      status: 'lost',
      error: 'gone',
      infrastructure_target: 'process',
      job_type_version: 'toy:1.0.0',
      image_tag: expect.any(String),
    });
    expect(event).toMatchObject({
      username_executor: 'bob@example.com',
      executor_subject_id: expect.any(String),
      address: '127.0.0.1',
    });
  });
});
