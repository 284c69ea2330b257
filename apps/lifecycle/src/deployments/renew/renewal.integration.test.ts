import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeploymentDto, JobDto, PluginManifestDto } from '@racetrack-platform/contracts';
import { openStore } from '@racetrack-platform/db';
import { requestJob } from '@racetrack-platform/testing';
import { createNewcomer } from '../../testing/create-newcomer.ts';
import { TestControl, toyProgram } from '../../testing/start-test-control.ts';

const SHOWS_ENV = toyProgram('{ env: process.env }');

describe('bringing a job up again', () => {
  let control: TestControl;

  beforeAll(async () => {
    control = await TestControl.start({}, { hasToyTarget: true });
  });

  afterAll(async () => await control[Symbol.asyncDispose]());

  const getJob = async (name: string): Promise<JobDto> =>
    (await (await control.request('GET', `/api/v1/job/${name}/1.0.0`)).json()) as JobDto;
  const post = async (name: string, verb: string, body?: unknown): Promise<Response> =>
    await control.request('POST', `/api/v1/job/${name}/1.0.0/${verb}`, body ?? {});
  const listInstances = async (name: string): Promise<string[]> =>
    (await getJob(name)).replica_internal_names;
  const newest = async (): Promise<DeploymentDto> =>
    ((await (await control.request('GET', '/api/v1/deploy?limit=1')).json()) as DeploymentDto[])[0] ??
    expect.fail('there is no deployment');
  const auditOf = async (name: string): Promise<unknown[]> =>
    (
      (await (await control.request('GET', `/api/v1/audit/activity?filter_by_job_name=${name}`)).json()) as {
        events: unknown[];
      }
    ).events;

  async function askInstance(name: string, target: 'process' | 'toy'): Promise<Record<string, string>> {
    const id = (await listInstances(name)).at(-1) ?? '';
    const path =
      target === 'toy'
        ? join(control.dataDir, 'plugins/toy-target', `${id}.sock`)
        : join(control.dataDir, 'run/i', id, 's');
    return { ...(await requestJob({ kind: 'unix', path })).env };
  }

  test('redeploy builds the recorded commit again with the secrets that were given', async () => {
    const manifest = await control.commit('again', '1.0.0', SHOWS_ENV);
    const first = await control.deploy(manifest, { secret_vars: { runtime_env: { PASS: 'kept' } } });
    await control.commit('again', '1.0.0', 'process.exit(1)');
    const [before] = await listInstances('again');

    const answer = await post('again', 'redeploy');

    expect([answer.status, await answer.text()]).toEqual([200, 'null']);
    const deployment = await newest();
    expect(deployment).toMatchObject({ kind: 'redeploy', status: 'done', commit: first.commit });
    expect(deployment.id).not.toBe(first.id);
    expect(await listInstances('again')).not.toContain(before);
    expect((await getJob('again')).update_time).toBeGreaterThan(first.job?.update_time ?? 0);
    expect((await askInstance('again', 'process'))['PASS']).toBe('kept');
    expect(await auditOf('again')).toContainEqual(
      expect.objectContaining({
        event_type: 'job_redeployed',
        username_executor: 'admin',
        username_subject: 'admin',
      }),
    );
  });

  test('reprovision launches what was built, as the edited manifest says', async () => {
    const manifest = await control.commit('edited', '1.0.0', SHOWS_ENV);
    const first = await control.deploy(manifest);
    const yaml = `${JSON.stringify({ ...manifest, replicas: 2, runtime_env: { COLOUR: 'green' } })}\n`;

    const edit = await control.request('PUT', '/api/v1/job/edited/1.0.0/manifest', { manifest_yaml: yaml });
    const answer = await post('edited', 'reprovision');

    expect([edit.status, await edit.text(), answer.status]).toEqual([200, 'null', 200]);
    expect(await newest()).toMatchObject({
      kind: 'reprovision',
      image_name: first.image_name,
      warnings: null,
    });
    expect(await auditOf('edited')).toContainEqual(
      expect.objectContaining({ explanation: 'Job edited 1.0.0 (owned by admin) reprovisioned by admin' }),
    );
    expect(await listInstances('edited')).toHaveLength(2);
    expect((await askInstance('edited', 'process'))['COLOUR']).toBe('green');
    expect(await auditOf('edited')).toContainEqual(
      expect.objectContaining({ event_type: 'manifest_edited' }),
    );

    const overwriting = await control.deploy(manifest, { force: true });
    expect(overwriting.warnings).toMatch(/edited at the server by admin: this deployment replaces the edit/);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['another name', { name: 'other' }, /manifest validation: job name cannot be changed/],
    ['another version', { version: '2.0.0' }, /manifest validation: job version cannot be changed/],
    ['a broken field', { replicas: 'many' }, /manifest validation: .*replicas/s],
    ['an unknown job type', { jobtype: 'cobol:latest' }, /manifest validation: .*cobol/],
  ])('an edit with %s is refused', async (_title, change, message) => {
    const manifest = await control.commit('edited', '1.0.0', SHOWS_ENV);

    const answer = await control.request('PUT', '/api/v1/job/edited/1.0.0/manifest', {
      manifest_yaml: JSON.stringify({ ...manifest, ...change }),
    });

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: expect.stringMatching(message) });
  });

  test('move runs the job elsewhere, with its secrets, and stops it where it was', async () => {
    const manifest = await control.commit('moved', '1.0.0', SHOWS_ENV);
    await control.deploy(manifest, { secret_vars: { runtime_env: { PASS: 'carried' } } });
    const [before] = await listInstances('moved');

    const answer = await post('moved', 'move', { infrastructure_target: 'toy' });

    expect([answer.status, await answer.text()]).toEqual([200, 'null']);
    expect(await getJob('moved')).toMatchObject({ infrastructure_target: 'toy', status: 'running' });
    expect(await newest()).toMatchObject({ kind: 'move', previous_target: 'process' });
    expect((await askInstance('moved', 'toy'))['PASS']).toBe('carried');
    await expect.poll(async () => await listInstances('moved'), { timeout: 15_000 }).not.toContain(before);
    expect(await auditOf('moved')).toContainEqual(expect.objectContaining({ event_type: 'job_moved' }));
    const same = await post('moved', 'move', { infrastructure_target: 'toy' });
    expect([same.status, ((await same.json()) as { error: string }).error]).toEqual([
      400,
      'new infrastructure target has to be different from the current one',
    ]);
  });

  test('secrets are told to nobody through an edit: only who gave them may change what runs with them', async () => {
    const bob = await createNewcomer(control, 'bob@example.com');
    const eve = await createNewcomer(control, 'eve@example.com');
    const manifest = await control.commit('guarded', '1.0.0', SHOWS_ENV);
    const payload = { manifest, secret_vars: { runtime_env: { PASS: "bob's" } } };
    const deployment = await control.request('POST', '/api/v1/deploy', payload, bob);
    await control.waitForEnd(((await deployment.json()) as { id: string }).id);
    const grant = { subject: 'user:eve@example.com', scope: 'deploy_job', family: 'guarded' };
    await control.request('POST', '/api/v1/permissions', grant);
    const edit = async (token: string, change: Record<string, unknown>) => {
      const yaml = JSON.stringify({ ...manifest, ...change });
      const path = '/api/v1/job/guarded/1.0.0/manifest';
      expect((await control.request('PUT', path, { manifest_yaml: yaml }, token)).status).toBe(200);
    };
    const renew = async (token: string, verb: string, body = {}) => {
      const answer = await control.request('POST', `/api/v1/job/guarded/1.0.0/${verb}`, body, token);
      return { status: answer.status, ...((await answer.json()) as object | null) };
    };
    const refusal = {
      status: 400,
      code: 'SOURCE_REFUSED',
      hint: expect.stringMatching(/again with its secrets.*gave them/),
    };
    const spying = { runtime_env: { NODE_OPTIONS: '--import=data:text/javascript,spy()' } };

    expect(await renew(eve, 'redeploy')).toEqual({ status: 200 });
    for (const [editor, change] of [
      [eve, { git: { ...(manifest['git'] as object), branch: 'hers' } }],
      [eve, spying],
      [control.token, { replicas: 2 }],
    ] as const) {
      await edit(editor, change);
      expect(await renew(eve, 'redeploy')).toMatchObject(refusal);
      expect(await renew(bob, 'reprovision')).toMatchObject(refusal);
      expect(await renew(control.token, 'move', { infrastructure_target: 'toy' })).toMatchObject(refusal);
    }
    await edit(bob, { runtime_env: { COLOUR: 'green' } });
    expect(await renew(eve, 'reprovision')).toEqual({ status: 200 });
    expect(await askInstance('guarded', 'process')).toMatchObject({ PASS: "bob's", COLOUR: 'green' });
    expect(await renew(eve, 'reprovision')).toEqual({ status: 200 });
    await edit(eve, spying);
    expect(await renew(eve, 'reprovision')).toMatchObject(refusal);
  });

  test('a renewal that fails says why, and leaves what runs alone', async () => {
    const program = `if (process.env.BREAK) { console.log('I am broken'); process.exit(3); }\n`;
    const manifest = await control.commit('fragile', '1.0.0', toyProgram('42', program));
    await control.deploy(manifest);
    const before = await getJob('fragile');
    await control.request('PUT', '/api/v1/job/fragile/1.0.0/manifest', {
      manifest_yaml: JSON.stringify({ ...manifest, runtime_env: { BREAK: 'yes' } }),
    });

    const answer = await post('fragile', 'reprovision');

    expect(answer.status).toBe(500);
    expect(((await answer.json()) as { error: string }).error).toMatch(
      /^reprovisioning job: verifying deployed job: .*exit code 3.*I am broken/s,
    );
    expect(await getJob('fragile')).toMatchObject({
      status: 'running',
      update_time: before.update_time,
      internal_name: before.internal_name,
    });
  });

  test('what was uploaded is launched again as long as it is there, and refused clearly when it is not', async () => {
    const manifest = await control.commit('sent', '1.0.0', SHOWS_ENV);
    const first = await control.deploy(manifest, { build_context: await control.archive('sent') });
    expect((await post('sent', 'redeploy')).status).toBe(200);
    expect(await newest()).toMatchObject({
      image_name: first.image_name,
      warnings: expect.stringContaining('uploaded'),
    });
    await rm(join(control.dataDir, 'builds/artifacts', first.image_name ?? ''), { recursive: true });

    const answer = await post('sent', 'redeploy');

    expect(await answer.json()).toMatchObject({
      code: 'BUILD_CONTEXT_LOST',
      error: expect.stringMatching(/^redeploying job: .*uploaded files/),
      hint: expect.stringContaining('racetrack deploy'),
    });
  });

  test('with wait=false it answers the id at once; only one goes on at a time, and it outlives a restart', async () => {
    const slow = toyProgram('42', 'await new Promise((resolve) => setTimeout(resolve, 500));');
    await control.deploy(await control.commit('slowly', '1.0.0', slow));

    const first = await post('slowly', 'reprovision?wait=false');
    const second = await post('slowly', 'reprovision');

    const { id } = (await first.json()) as { id: string };
    expect([second.status, ((await second.json()) as { code: string }).code]).toEqual([
      409,
      'DEPLOYMENT_IN_PROGRESS',
    ]);
    await control.control?.stop();
    await control.boot();
    expect(await control.waitForEnd(id)).toMatchObject({ kind: 'reprovision', status: 'done' });
  });

  test('a target that cannot be reached loses no job', async () => {
    const manifest = await control.commit('away', '1.0.0', SHOWS_ENV);
    await control.deploy({ ...manifest, infrastructure_target: 'toy' });
    const flag = join(control.dataDir, 'plugins/toy-target/unreachable');
    await writeFile(flag, '');

    await expect
      .poll(async () => (await getJob('away')).notice, { timeout: 20_000 })
      .toMatch(/toy cannot be reached/);
    expect(await getJob('away')).toMatchObject({ status: 'running', error: null });

    await rm(flag);
    await expect.poll(async () => (await getJob('away')).notice, { timeout: 20_000 }).toBeNull();
  });

  test('a target that was uninstalled is named by its jobs until it is back', async () => {
    const { error } = await control.deploy(await control.commit('bereft', '1.0.0', SHOWS_ENV));
    expect(error).toBeNull();
    const name = 'infrastructure-process';
    const plugins = (await (await control.request('GET', '/api/v1/plugin')).json()) as PluginManifestDto[];
    const version = plugins.find((plugin) => plugin.name === name)?.version;
    await control.request('DELETE', `/api/v1/plugin/${name}/${version}`);

    await expect
      .poll(async () => await getJob('bereft'), { timeout: 20_000 })
      .toMatchObject({ notice: 'cannot be reached: target process is not installed' });

    await control.request('POST', '/api/v1/plugins/install', { uri: `bundled:${name}` });
    await expect.poll(async () => (await getJob('bereft')).notice, { timeout: 20_000 }).toBeNull();
  });

  test('a restored job that cannot be brought back says why in its notice', async () => {
    const manifest = await control.commit('restored', '1.0.0', SHOWS_ENV);
    const { id } = await control.deploy(manifest);
    await control.control?.stop();
    const store = await openStore({ kind: 'sqlite', path: join(control.dataDir, 'store', 'racetrack.db') });
    const git = { remote: 'http://127.0.0.1/restored' };
    const job = { status: 'lost', notice: 'restored from a backup: it is built again' } as const;
    await store.db.deleteFrom('instance').where('deployment_id', '=', id).execute();
    await store.db.updateTable('job').set(job).where('deployment_id', '=', id).execute();
    const again = { status: 'in_progress', step: 'accepted', launch_spec: null, artifact_key: null } as const;
    await store.db
      .updateTable('deployment')
      .set({ ...again, manifest_yaml: JSON.stringify({ ...manifest, git }) })
      .where('id', '=', id)
      .execute();
    await store.close();
    await control.boot();

    expect(await control.waitForEnd(id)).toMatchObject({ status: 'failed' });
    expect(await getJob('restored')).toMatchObject({
      status: 'lost',
      notice: expect.stringMatching(
        /could not be brought back after a restore: .*http.*MANIFEST_INVALID.*redeploy/,
      ),
    });
  });

  test.each(['redeploy', 'reprovision', 'move'])('who may not deploy the job may not %s it', async (verb) => {
    const answer = await control.request('POST', `/api/v1/job/again/1.0.0/${verb}`, {}, 'nobody');

    expect(answer.status).toBe(401);
  });
});
