import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeploymentDto, JobDto } from '@racetrack-platform/contracts';
import { bundlePlugin } from '@racetrack-platform/plugin-package';
import { requestJob, waitUntil } from '@racetrack-platform/testing';
import { TestControl, toyProgram } from '../../testing/start-test-control.ts';

const TOY_HOOKS = fileURLToPath(new URL('../../testing/toy-hooks', import.meta.url));
const SHOWS_ENV = toyProgram("request.url === '/die' ? process.exit(3) : { env: process.env }");

/** As for Racetrack 2.36: what hooks are handed are objects. */
const PYTHON_PLUGIN = {
  'plugin-manifest.yaml': 'name: elder\nversion: 2.0.0\npriority: 10\n',
  'elder.Dockerfile': 'FROM scratch\n',
  'plugin.py': `
class Plugin:
    def job_types(self):
        path = self.plugin_dir / 'elder.Dockerfile'
        return {'elder:1.0.0': {'images': [{'source': 'jobtype', 'dockerfile_path': path, 'template': True}]}}

    def job_runtime_env_vars(self):
        return {'ELDER': self.plugin_manifest.version}

    def validate_job_manifest(self, manifest, job_type):
        raise ValueError(f'{job_type} has no port but {manifest.get_jobtype_extra()["port"]}')

    def post_job_deploy(self, manifest, job, image_name, deployer_username=None):
        self._note(f'{deployer_username} deployed {job} with {manifest.replicas} of {manifest.git.remote}')

    def post_job_delete(self, job, username_executor=None):
        self._note(f'{username_executor} deleted {job.name}, {job.manifest.owner_email} cries')

    def _note(self, text):
        with open(self.config_path.parent / 'notes.txt', 'a') as notes:
            notes.write(text + chr(10))
`,
};

interface Told {
  readonly hook: string;
  readonly manifest?: Record<string, unknown>;
  readonly job?: JobDto;
  readonly deployerUsername?: string;
  readonly usernameExecutor?: string;
}

describe('plugins have their say', () => {
  let control: TestControl;
  const own = (file: string): string => join(control.dataDir, 'plugins/toy-hooks', file);

  beforeAll(async () => {
    control = await TestControl.start({}, { hasToyTarget: true, plugins: { 'toy-hooks': TOY_HOOKS } });
  });
  afterAll(async () => await control[Symbol.asyncDispose]());
  beforeEach(async () => {
    await order({});
    await rm(own('events.jsonl'), { force: true });
  });

  const order = async (orders: object): Promise<void> =>
    await writeFile(own('orders.json'), JSON.stringify(orders));
  const listEvents = async (...hooks: string[]): Promise<Told[]> => {
    const text = await readFile(own('events.jsonl'), 'utf8').catch(() => '');
    const events = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Told);
    return events.filter(({ hook }) => hooks.length === 0 || hooks.includes(hook));
  };
  const getJob = async (name: string): Promise<JobDto> =>
    (await (await control.request('GET', `/api/v1/job/${name}/1.0.0`)).json()) as JobDto;
  const socketOf = async (name: string) => {
    const path = join(control.dataDir, 'run/i', (await getJob(name)).replica_internal_names[0] ?? '', 's');
    return { kind: 'unix', path } as const;
  };

  test('at a deployment: rules, variables, and the news of it', async () => {
    const manifest = await control.commit('heard', '1.0.0', SHOWS_ENV);
    await order({ variables: { COLOUR: 'red', PASS: 'of the plugin', JOB_NAME: 'another' } });

    const deployment = await control.deploy(
      { ...manifest, jobtype: 'ruled:latest', runtime_env: { COLOUR: 'green', SHAPE: 'round' } },
      { secret_vars: { runtime_env: { PASS: 'of the user' } } },
    );

    expect(deployment.status).toBe('done');
    expect(deployment.warnings?.split('\n').slice(-2)).toEqual([
      'plugin toy-hooks 1.0.0 may not set JOB_NAME: the platform does',
      'plugin toy-hooks 1.0.0 replaces variables: COLOUR, PASS',
    ]);
    const events = await listEvents();
    expect(events).toMatchObject([
      { hook: 'validate_job_manifest', manifest: { name: 'heard', replicas: 1 }, jobType: 'ruled:1.0.0' },
      { hook: 'job_runtime_env_vars' },
      {
        hook: 'post_job_deploy',
        manifest: { name: 'heard', origin_dict_: { version: '1.0.0' } },
        job: { name: 'heard', status: 'running', image_tag: deployment.id },
        imageName: '',
        deployerUsername: 'admin',
      },
    ]);
    expect(JSON.stringify(events)).not.toContain('of the user');
    const wanted = { COLOUR: 'red', PASS: 'of the plugin', SHAPE: 'round', JOB_NAME: 'heard' };
    const socket = await socketOf('heard');
    expect((await requestJob(socket)).env).toMatchObject(wanted);

    await order({ variables: { COLOUR: 'blue' } });
    await requestJob(socket, '/die', 100).catch(() => undefined);
    expect((await requestJob(socket)).env).toMatchObject(wanted);
    expect(await listEvents('job_runtime_env_vars')).toHaveLength(1);
  });

  test('a manifest against the rules is refused before there is a deployment, at an edit, and at a redeployment', async () => {
    const manifest = { ...(await control.commit('strict', '1.0.0', SHOWS_ENV)), jobtype: 'ruled:latest' };
    const count = async () =>
      ((await (await control.request('GET', '/api/v1/deploy')).json()) as unknown[]).length;
    await control.deploy(manifest);
    const before = await count();
    const refusal = (text: RegExp) => ({
      code: 'MANIFEST_INVALID',
      error: expect.stringMatching(text) as string,
    });
    const ask = async (method: string, path: string, body: unknown): Promise<unknown> =>
      await (await control.request(method, path, body)).json();

    const broken = { ...manifest, version: '2.0.0', jobtype_extra: { port: 'high' } };
    expect(await ask('POST', '/api/v1/deploy', { manifest: broken })).toMatchObject(
      refusal(/^invalid manifest according to job type rules: .*toy-hooks 1\.0\.0: .*jobtype_extra.*port/s),
    );
    await order({ failures: { validate_job_manifest: 'not on a Sunday' } });
    expect(await ask('POST', '/api/v1/job/strict/1.0.0/redeploy', {})).toMatchObject(
      refusal(/not on a Sunday/),
    );
    const edit = { manifest_yaml: JSON.stringify({ ...manifest, replicas: 2 }) };
    expect(await ask('PUT', '/api/v1/job/strict/1.0.0/manifest', edit)).toMatchObject(
      refusal(/^manifest validation: invalid manifest .*not on a Sunday/),
    );
    expect(await ask('POST', '/api/v1/job/strict/1.0.0/reprovision', {})).toBeNull();
    expect(await count()).toBe(before + 1);
  });

  test('variables that cannot be had fail the deployment, by the name of the plugin', async () => {
    const manifest = await control.commit('varied', '1.0.0', SHOWS_ENV);
    await order({ failures: { job_runtime_env_vars: 'the vault is closed' } });

    expect(await control.deploy(manifest)).toMatchObject({
      status: 'failed',
      error_code: 'PLUGIN_FAILED',
      error:
        'creating job resource: Invoking hook "job_runtime_env_vars" of plugin toy-hooks 1.0.0: the vault is closed',
    });
  });

  test('what fails after a job serves is a warning, of a move for both places; a deletion succeeds', async () => {
    const failures = { post_job_deploy: 'nobody home', post_job_delete: 'nobody there' };
    await order({ failures });
    const manifest = await control.commit('quiet', '1.0.0', SHOWS_ENV);
    const first = await control.deploy(manifest);
    const words = 'Invoking hook "post_job_deploy" of plugin toy-hooks 1.0.0: nobody home';
    expect(first).toMatchObject({ status: 'done', warnings: expect.stringContaining(words) });

    const path = '/api/v1/job/quiet/1.0.0';
    expect((await control.request('POST', `${path}/move`, { infrastructure_target: 'toy' })).status).toBe(
      200,
    );
    const [move] = (await (await control.request('GET', '/api/v1/deploy?limit=1')).json()) as DeploymentDto[];
    expect(move?.warnings).toMatch(/nobody home\n.*nobody there$/);
    const answer = await control.request('DELETE', path);

    expect([answer.status, await answer.text()]).toEqual([200, 'null']);
    const events = await listEvents('post_job_deploy', 'post_job_delete');
    expect(events.filter(({ job }) => job?.name === 'quiet')).toMatchObject([
      { hook: 'post_job_deploy', job: { infrastructure_target: 'process' } },
      { hook: 'post_job_deploy', job: { infrastructure_target: 'toy' } },
      { hook: 'post_job_delete', job: { infrastructure_target: 'process' }, usernameExecutor: 'admin' },
      { hook: 'post_job_delete', job: { name: 'quiet', infrastructure_target: 'toy' } },
    ]);
  });

  test('a plugin for Racetrack 2.36 has the same say', async () => {
    const directory = join(control.directory, 'elder');
    await mkdir(directory);
    for (const [name, text] of Object.entries(PYTHON_PLUGIN)) await writeFile(join(directory, name), text);
    const { path } = await bundlePlugin({ directory, signal: new AbortController().signal });
    const upload = await fetch(`${control.control?.endpoints.lifecycle}/api/v1/plugin/upload/elder.zip`, {
      method: 'POST',
      headers: { 'x-racetrack-auth': control.token },
      body: await readFile(path),
    });
    expect([upload.status, await upload.json()]).toMatchObject([200, { name: 'elder', version: '2.0.0' }]);
    const manifest = await control.commit('old', '1.0.0', SHOWS_ENV);

    await control.deploy(manifest);
    expect((await requestJob(await socketOf('old'))).env?.['ELDER']).toBe('2.0.0');
    expect((await control.request('DELETE', '/api/v1/job/old/1.0.0')).status).toBe(200);
    const crated = { ...manifest, jobtype: 'elder:1.0.0', infrastructure_target: 'crate' };
    const ruled = { manifest: { ...crated, version: '2.0.0', jobtype_extra: { port: 'none' } } };
    expect(await (await control.request('POST', '/api/v1/deploy', ruled)).json()).toMatchObject({
      code: 'MANIFEST_INVALID',
      error:
        'invalid manifest according to job type rules: Invoking hook "validate_job_manifest" of plugin elder 2.0.0: ValueError: elder:1.0.0 has no port but none',
    });

    const notes = await readFile(join(control.dataDir, 'plugins/data/elder/notes.txt'), 'utf8');
    expect(notes.split('\n')).toEqual([
      `admin deployed old v1.0.0 with 1 of ${(manifest['git'] as { remote: string }).remote}`,
      'admin deleted old, t@example.com cries',
      '',
    ]);
    expect((await control.request('DELETE', '/api/v1/plugin/elder/2.0.0')).status).toBe(200);
  });

  test('news that a stop cut off are told again', async () => {
    await order({ stuck: ['post_job_deploy'] });
    const manifest = await control.commit('again', '1.0.0', SHOWS_ENV);
    const answer = await control.request('POST', '/api/v1/deploy', { manifest });
    const { id } = (await answer.json()) as DeploymentDto;
    await waitUntil('the hook to be called', async () => (await listEvents('post_job_deploy')).length > 0);
    expect((await requestJob(await socketOf('again'))).env).toBeDefined();

    await control.control?.stop();
    await order({});
    await control.boot();

    expect(await control.waitForEnd(id)).toMatchObject({ status: 'done' });
    expect(await listEvents('post_job_deploy')).toHaveLength(2);
  });
});
