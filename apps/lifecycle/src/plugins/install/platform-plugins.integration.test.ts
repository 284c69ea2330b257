import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { JobDto, PluginDto } from '@racetrack-platform/contracts';
import { createJobRepository, type Store } from '@racetrack-platform/db';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createObsoleteNotes } from '../../reconciler/note-obsolete-jobs.ts';
import { readPlatformPlugin } from '../set/read-platform-plugin.ts';
import { openPluginApp, type PluginApp } from '../testing/open-plugin-app.ts';
import { ownPlugin } from '../testing/plugin-sources.ts';

const PYTHON3 = fileURLToPath(new URL('../../../../../plugins/job-type-python3', import.meta.url));
const NAME = 'job-type-python3';

/** Speaks the API of releases, and serves their files. */
const github = createServer((request, response) => {
  const { port } = github.address() as AddressInfo;
  if (request.url?.endsWith('.zip') === true) return void response.end(released);
  const asset = { browser_download_url: `http://127.0.0.1:${port}/starling-1.2.0.zip` };
  response.end(JSON.stringify([{ name: '1.2.0', tag_name: 'v1.2.0', draft: false, assets: [asset] }]));
});
let released: Buffer;
let world: PluginApp;
let path: string;
let jobType: string;
const cleanup = new AsyncDisposableStack();

beforeAll(async () => {
  await once(github.listen(0, '127.0.0.1'), 'listening');
  cleanup.defer(() => void github.close());
  const api = `http://127.0.0.1:${(github.address() as AddressInfo).port}`;
  const data = cleanup.use(await createTemporaryDirectory());
  const config = { dir: PYTHON3, dataDir: data.path, settings: {}, platform: {} };
  world = cleanup.use(await openPluginApp([await readPlatformPlugin(config, 'bundled')], api));
  path = `/plugin/${NAME}/${world.set.find(NAME)?.version}`;
  jobType = world.set.jobTypes()[0]?.fullName ?? '';
});
afterAll(async () => await cleanup.disposeAsync());

const asStaff = async (method: string, route: string, body?: unknown) => await world.ask(method, route, body);
const findPlugins = async () =>
  (await world.read<PluginDto[]>('/plugins')).map(({ origin, is_pinned, error }) => ({
    origin,
    is_pinned,
    error,
  }));

test('a plugin of the platform becomes a package of its own when it is pinned, until it is unpinned', async () => {
  const bundled = { origin: 'bundled', is_pinned: false, error: null };
  expect(await findPlugins()).toEqual([bundled]);
  expect((await asStaff('PUT', `${path}/pin`)).text).toBe('null');
  expect((await asStaff('PUT', `${path}/pin`)).text).toBe('null');

  expect(await findPlugins()).toEqual([{ origin: 'installed', is_pinned: true, error: null }]);
  expect(await world.read('/plugin/job_type/versions')).toEqual([jobType]);
  expect((await asStaff('DELETE', `${path}/pin`)).text).toBe('null');
  expect(await findPlugins()).toEqual([bundled]);
  expect((await asStaff('DELETE', `${path}/pin`)).status).toBe(404);
});

test('it can be removed under jobs, which go on and say so, and be brought back', async () => {
  await insertJob(world.store, jobType);
  const note = createObsoleteNotes({ store: world.store, jobTypes: () => world.set.jobTypes() });
  await note();
  expect(await readNotice()).toBeNull();
  expect(await world.read<PluginDto[]>('/plugins')).toMatchObject([
    { job_types: [{ name: jobType, active_jobs: 1 }] },
  ]);

  const removed = await asStaff('DELETE', path);
  expect({ text: removed.text, jobs: removed.headers.get('x-racetrack-active-jobs') }).toEqual({
    text: 'null',
    jobs: '1',
  });
  expect(await findPlugins()).toEqual([]);
  await note();
  expect(await readNotice()).toBe('This version of the job type is obsolete and no longer available.');

  const back = await asStaff('POST', '/plugins/install', { uri: `bundled:${NAME}` });
  expect(back.json).toMatchObject({ name: NAME });
  await note();
  expect(await readNotice()).toBeNull();
});

const readNotice = async (): Promise<JobDto['notice']> =>
  (await createJobRepository(world.store.db).get('adder', '1.0.0')).notice;

test('nobody takes the place of what comes with the platform without saying so', async () => {
  const [name, version] = jobType.split(':');
  const setup = `context.addJobType({ name: '${name}', version: '${version}', images: [] });`;
  for (const plugin of [ownPlugin('cuckoo', '1.0.0', { setup }), ownPlugin(NAME, '99.0.0')]) {
    const refused = await world.upload(await world.bundle(plugin));
    expect(refused).toMatchObject({ status: 409, json: { hint: expect.stringContaining('--replace') } });
  }
  expect(await findPlugins()).toHaveLength(1);
});

test('the server itself installs the newest release of a repository', async () => {
  released = await world.bundle(ownPlugin('starling', '1.2.0'));

  const installed = await asStaff('POST', '/plugins/install', { uri: 'github.com/birds/starling' });

  expect(installed.json).toMatchObject({ name: 'starling', version: '1.2.0' });
});

async function insertJob({ db }: Store, job_type_version: string): Promise<void> {
  await db.insertInto('job_family').values({ id: 'family', name: 'adder' }).execute();
  await createJobRepository(db).insert({
    id: 'job',
    family_id: 'family',
    name: 'adder',
    version: '1.0.0',
    status: 'running',
    created_at: 1,
    updated_at: 1,
    manifest_yaml: '',
    deployed_by: null,
    infrastructure_target: 'process',
    job_type_version,
    deployment_id: 'deployment',
    error: null,
    notice: null,
    last_call_at: null,
  });
}
