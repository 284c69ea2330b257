import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { PluginDto, PluginManifestDto, PluginTreeDto } from '@racetrack-platform/contracts';
import { createPluginRepository } from '@racetrack-platform/db';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPluginApp, type PluginApp } from '../testing/open-plugin-app.ts';
import {
  CURRENT_FORMATS,
  FORMER_FORMAT,
  originalInfrastructure,
  ownPlugin,
  targetPlugin,
  UNUSABLE_FORMAT,
} from '../testing/plugin-sources.ts';

let world: PluginApp;
beforeAll(async () => {
  world = await openPluginApp();
});
afterAll(async () => await world[Symbol.asyncDispose]());

const asStaff = async (method: string, path: string, body?: unknown) => await world.ask(method, path, body);
const listNames = async () =>
  (await world.read<PluginManifestDto[]>('/plugin')).map(({ name, version }) => `${name} ${version}`);
const findPlugin = async (name: string) =>
  (await world.read<PluginDto[]>('/plugins')).find(({ manifest }) => manifest.name === name);
const listEvents = async (type: string) => {
  const rows = await world.store.db
    .selectFrom('audit_event')
    .selectAll()
    .where('event_type', '=', type)
    .execute();
  return rows.map(({ properties }) => JSON.parse(properties) as Record<string, unknown>);
};

describe('plugins of Racetrack 2.36', () => {
  test('with the six public job types install as they are, and give these (E1)', async () => {
    await Promise.all(CURRENT_FORMATS.map(async (source) => await world.install(source)));

    const names = [
      'docker-proxy:3.2.2',
      'dockerfile:1.0.0',
      'golang:1.5.0',
      'hugo:1.5.1',
      'python3:2.15.1',
      'rust:1.3.0',
    ];
    expect(await world.read('/plugin/job_type/versions')).toEqual(names);
    const rust = world.set.jobTypes().find(({ name }) => name === 'rust');
    expect(rust?.images).toEqual([expect.objectContaining({ baseDockerfilePath: 'base.Dockerfile' })]);
    const [first] = await world.read<PluginManifestDto[]>('/plugin');
    expect(Object.keys(first ?? {}).toSorted()).toEqual([
      'build_date',
      'category',
      'components',
      'name',
      'priority',
      'url',
      'version',
    ]);
  });

  test('of former years are understood, or refused with the reason and without harm to others (E6)', async () => {
    const before = await listNames();
    const refused = await world.upload(await world.bundle(UNUSABLE_FORMAT));
    expect(refused).toMatchObject({ status: 400, json: { code: 'PLUGIN_INVALID' } });
    expect(String(refused.json['error'])).toMatch(/^loading plugin from plugin\.zip: .*first/);
    expect(await listNames()).toEqual(before);

    await world.install(FORMER_FORMAT);
    expect(await world.read('/plugin/job_type/versions')).toContain('old-proxy:1.3.0');
  });

  test('take no configuration that is no YAML, and any other', async () => {
    await world.install({
      'plugin-manifest.yaml': 'name: reader\nversion: 1.0.0\n',
      'plugin.py': 'class Plugin:\n    pass\n',
    });
    const put = async (text: string) =>
      await asStaff('PUT', '/plugin/reader/1.0.0/config', { config_data: text });

    expect((await put('x: [')).json).toMatchObject({
      code: 'PLUGIN_INVALID',
      error: 'the configuration is not valid YAML (line 1)',
    });
    for (const text of ['- !its own', 'plain', '']) expect((await put(text)).status).toBe(200);
  });

  test('with an infrastructure of its own are answered by a target of ours, or by what to do instead', async () => {
    const zip = await world.bundle(originalInfrastructure('docker-infrastructure'));
    const missing = await world.upload(zip);
    expect(missing).toMatchObject({ status: 400, json: { code: 'PLUGIN_INCOMPATIBLE' } });
    expect(missing.json['hint']).toContain('target docker');
    const unknown = await world.upload(await world.bundle(originalInfrastructure('my-infrastructure')));
    expect(unknown).toMatchObject({ status: 400, json: { code: 'PLUGIN_INCOMPATIBLE' } });
    expect(unknown.json['hint']).toContain('TypeScript');

    await world.install(targetPlugin('our-docker', '1.0.0', 'docker'));
    expect(await world.upload(zip)).toMatchObject({ status: 200, json: { name: 'docker-infrastructure' } });
    expect(await findPlugin('docker-infrastructure')).toMatchObject({ stand_in: 'docker', error: null });
    const targets = await world.read<Record<string, PluginManifestDto>>('/plugin/infrastructure_targets');
    expect(targets['docker']?.name).toBe('our-docker');
    const config = '/plugin/docker-infrastructure/1.5.0/config';
    expect((await asStaff('PUT', config, { config_data: 'kept: as it is' })).status).toBe(200);
    expect(await world.read(config)).toBe('kept: as it is');
    expect((await asStaff('DELETE', '/plugin/docker-infrastructure/1.5.0')).text).toBe('null');
  });
});

describe('an installation', () => {
  test('runs the code of the plugin once, and tells the audit log which files they were', async () => {
    const setup = 'context.addHooks({ runAction: (given) => ({ loads: loads(), given }) });';
    await world.install(ownPlugin('counter', '1.0.0', { setup }));

    const run = await asStaff('POST', '/plugin/counter/run?a=1&b=2', { b: 3 });
    expect(JSON.parse(run.text)).toEqual({ loads: 1, given: { a: '1', b: 3 } });
    const digest = (await findPlugin('counter'))?.digest;
    expect(await listEvents('plugin_installed')).toContainEqual(
      expect.objectContaining({ plugin_name: 'counter', plugin_version: '1.0.0', sha256: digest }),
    );
    expect(await listEvents('plugin_action_run')).toEqual([
      { plugin_name: 'counter', plugin_version: '1.0.0' },
    ]);
  });

  test('of an infrastructure plugin whose name is taken needs to be told to replace (E7)', async () => {
    await world.install(targetPlugin('twin', '1.0.0', 'here'));
    const again = await world.upload(await world.bundle(targetPlugin('twin', '1.1.0', 'here')));

    expect(again.status).toBe(409);
    expect(again.json).toMatchObject({ type: 'AlreadyExists', code: 'ALREADY_EXISTS' });
    expect(String(again.json['error'])).toMatch(/^Infrastructure plugin with same name already exists\. /);
    await world.install(targetPlugin('twin', '1.1.0', 'here'), { replace: true });
    expect((await listNames()).filter((name) => name.startsWith('twin'))).toEqual(['twin 1.1.0']);
    expect(await listEvents('plugin_uninstalled')).toContainEqual(
      expect.objectContaining({ plugin_name: 'twin', plugin_version: '1.0.0', replaced_by: '1.1.0' }),
    );
  });

  test('that is refused leaves nothing, and the others work, also after a restart (E5)', async () => {
    const before = await listNames();
    const broken = [
      await world.bundle(ownPlugin('broken', '1.0.0', { setup: "throw new Error('not today');" })),
      await world.bundle(ownPlugin('counter', '2.0.0', { setup: 'process.exit(3);' })),
      Buffer.from('no ZIP at all'),
      Buffer.alloc(0),
    ];
    for (const zip of broken) {
      const answer = await world.upload(zip, { replace: true });
      expect(answer).toMatchObject({
        status: 400,
        json: { code: 'PLUGIN_INVALID', hint: expect.any(String) },
      });
    }
    const answer = await world.upload(broken[0] ?? Buffer.alloc(0));
    expect(answer.json['error']).toMatch(/^loading plugin from plugin\.zip: not today \(plugin\.js:\d+\)$/);

    expect(await listNames()).toEqual(before);
    expect(await readdir(join(world.directory, 'uploads'))).toEqual([]);
    const replica = await world.openReplica();
    expect(replica.list().map(({ name, version }) => `${name} ${version}`)).toEqual(before);
    expect(replica.list().filter(({ error }) => error !== null)).toEqual([]);
    const counter = replica.find('counter');
    const call = { arguments: {} };
    const { signal } = new AbortController();
    expect(counter && (await replica.callHook(counter, 'run_action', call, signal))).toMatchObject({
      loads: 1,
    });
  });

  test('takes ZIPs alone, from staff alone', async () => {
    const zip = await world.bundle(ownPlugin('any', '1.0.0'));
    expect(await world.upload(zip, { fileName: 'any.tar' })).toMatchObject({
      status: 400,
      json: { error: '.zip plugins are only supported' },
    });
    const token = await world.app.access.addUser('visitor@example.com');
    expect(await world.upload(zip, { token })).toMatchObject({ status: 401 });
    const head = { 'x-racetrack-auth': world.token, 'content-length': 200 * 1024 * 1024 };
    const large = request(`${world.url}/api/v1/plugin/upload/any.zip`, { method: 'POST', headers: head });
    large.flushHeaders();
    const [answer] = (await once(large, 'response')) as [IncomingMessage];
    large.destroy();
    expect(answer.statusCode).toBe(413);
  });

  test('takes the form of a browser', async () => {
    const zip = await world.bundle(ownPlugin('formed', '1.0.0'));
    const send = async (body: Buffer, type = 'multipart/form-data; boundary=XX') =>
      await world.send('POST', '/plugin/upload?replace=0', { headers: { 'content-type': type }, body });
    const head = (field: string) =>
      Buffer.from(
        `--XX\r\nContent-Disposition: form-data; name="${field}"; filename="a.zip"\r\nContent-Type: application/zip\r\n\r\n`,
      );
    const end = Buffer.from('\r\n--XX--\r\n');

    const refused = [
      await send(Buffer.concat([head('file'), zip.subarray(0, 100)])),
      await send(Buffer.concat([head('other'), zip, end])),
      await send(zip, 'application/zip'),
      await send(zip, 'multipart/form-data'),
    ];
    expect(refused.map((answer) => answer.json['code'])).toEqual(refused.map(() => 'BAD_REQUEST'));
    expect(await readdir(join(world.directory, 'uploads'))).toEqual([]);
    const answer = await send(Buffer.concat([head('file'), zip, end]));
    expect(answer.text).toBe('null');
    expect(await listNames()).toContain('formed 1.0.0');
  });

  test('fetches from no private address unless that is allowed', async () => {
    const answer = await asStaff('POST', '/plugins/install', { uri: 'http://127.0.0.1:9/x.zip' });
    expect(answer.json).toMatchObject({ code: 'PLUGIN_SOURCE_INVALID' });
    const unknown = await asStaff('POST', '/plugins/install', { uri: 'bundled:nothing' });
    expect(unknown.status).toBe(404);
  });
});

describe('a configuration', () => {
  const fields =
    "settingsSchema: { type: 'object', required: ['greeting'], properties: { greeting: { type: 'string' } } },";
  const setup =
    'context.addHooks({ runAction: () => [context.settings.greeting, loads()], markdownDocs: () => "# Hi" });';
  const greeterOf = (version: string) => ownPlugin('greeter', version, { fields, setup });

  test('is tried before it is kept, and stays across upgrades and removal (E4)', async () => {
    const installed = await world.upload(await world.bundle(greeterOf('1.0.0')));
    expect(installed.headers.get('x-racetrack-warning')).toBe(
      'greeter 1.0.0 is installed, but not in force until it is configured: settings.greeting is missing; racetrack plugin config set greeter --file config.yaml',
    );
    expect((await findPlugin('greeter'))?.error).toContain('settings.greeting is missing');
    const put = async (text: string) =>
      await asStaff('PUT', '/plugin/greeter/1.0.0/config', { config_data: text });
    expect((await put('greeting: Hallo')).text).toBe('null');
    expect((await findPlugin('greeter'))?.error).toBeNull();

    for (const text of ['greeting: [1]', '- no mapping', 'greeting: [']) {
      const refused = await put(text);
      expect(refused.json).toMatchObject({ code: 'PLUGIN_INVALID', hint: expect.any(String) });
    }
    expect(await world.read('/plugin/greeter/1.0.0/config')).toBe('greeting: Hallo');
    expect(JSON.parse((await asStaff('POST', '/plugin/greeter/run')).text)).toEqual(['Hallo', 1]);

    await world.install(greeterOf('1.1.0'), { replace: true });
    expect(JSON.parse((await asStaff('POST', '/plugin/greeter/run')).text)).toEqual(['Hallo', 2]);
    expect((await asStaff('DELETE', '/plugin/greeter/1.1.0')).status).toBe(200);
    await world.install(greeterOf('1.1.0'));
    expect(await world.read('/plugin/greeter/1.1.0/config')).toBe('greeting: Hallo');
    expect(await world.read('/plugin/greeter/docs')).toBe('# Hi');

    expect(JSON.stringify(await listEvents('plugin_configured'))).not.toContain('Hallo');
  });
});

describe('a plugin that is there', () => {
  test('is downloaded as it was sent, by whoever has a token', async () => {
    const zip = await world.bundle(ownPlugin('whole', '1.0.0'));
    await world.upload(zip);
    const get = async (options?: { token?: string; headers?: Record<string, string> }) =>
      await world.send('GET', '/plugin/whole/1.0.0/download', options);

    expect((await get({ token: '' })).status).toBe(401);
    const answer = await get();
    expect(answer.bytes.equals(zip)).toBe(true);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="whole-1.0.0.zip"');
    const etag = answer.headers.get('etag') ?? '';
    expect((await get({ headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await asStaff('GET', '/plugin/whole/2.0.0/download')).status).toBe(404);
  });

  test('is removed also when it never loads (E8), and all at once', async () => {
    // Files as they may be after an upgrade of the platform: installed once, and of no use now.
    await world.install(ownPlugin('faulty', '1.0.0'));
    const faulty = world.set.findVersion('faulty', '1.0.0');
    const description = { ...faulty?.description, error: 'it needs what is gone' };
    await world.store.transaction(async ({ db }) => {
      const row = { name: 'faulty', version: '1.0.0', digest: faulty?.installed?.digest ?? '' };
      await createPluginRepository(db).setDescription(row, description);
    });
    await world.set.reload();
    expect(await findPlugin('faulty')).toMatchObject({ error: 'it needs what is gone' });
    expect((await asStaff('POST', '/plugin/no-such/run')).json).toMatchObject({
      error: 'plugin named "no-such" was not found',
    });

    const removed = await asStaff('DELETE', '/plugin/faulty/1.0.0');
    expect({ status: removed.status, jobs: removed.headers.get('x-racetrack-active-jobs') }).toEqual({
      status: 200,
      jobs: '0',
    });
    expect((await asStaff('DELETE', '/plugin/faulty/1.0.0')).json).toMatchObject({
      error: 'plugin named "faulty" 1.0.0 was not found',
    });

    const tree = await world.read<PluginTreeDto>('/plugin/tree');
    expect(tree.infrastructure_plugins_data).toContainEqual({
      name: 'twin',
      version: '1.1.0',
      infrastructures: [{ name: 'here', active_jobs: 0 }],
    });
    expect((await asStaff('DELETE', '/plugin/all')).text).toBe('null');
    expect(await listNames()).toEqual([]);
    expect(await world.read('/plugin/job_type/versions')).toEqual([]);
  });
});
