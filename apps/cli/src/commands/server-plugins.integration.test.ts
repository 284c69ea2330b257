import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, createServedCli, type ServedCli } from '../testing/served-cli.ts';

/** Enough of a ZIP for a client, which does not look inside. */
const ZIP = 'PK\u0003\u0004 a plugin';
const SHA256 = createHash('sha256').update(ZIP).digest('hex');
const MANIFEST = {
  name: 'go-job-type',
  version: '1.0.0',
  build_date: null,
  url: null,
  priority: 0,
  category: 'job-type',
  components: [],
};
const GO = {
  manifest: MANIFEST,
  origin: 'installed',
  digest: SHA256,
  is_pinned: false,
  stand_in: null,
  error: null,
  job_types: [{ name: 'golang:1.0.0', active_jobs: 2 }],
  targets: [],
  installed_by: 'alice',
};
const BROKEN = {
  ...GO,
  manifest: { ...MANIFEST, version: '2.0.0-rc' },
  error: 'it exits at once',
  job_types: [],
  is_pinned: true,
};

let served: ServedCli;
let { cli, server, routes } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes } = served);
  await served.logIn();
});

afterEach(async () => await served[Symbol.asyncDispose]());

const sent = () => server.requests.map(({ method, url }) => `${method} ${url.replace(API, '')}`);

describe('plugin install', () => {
  beforeEach(() => {
    routes[`POST ${API}/plugin/upload/go_1.zip`] = { body: MANIFEST };
  });

  test('uploads a file, and names what was installed with its checksum', async () => {
    await cli.write('go 1.zip', ZIP);

    expect(await cli.run(['plugin', 'install', 'go 1.zip'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: `Plugin go-job-type 1.0.0 has been installed to ${server.origin}/lifecycle\nsha256 ${SHA256}\n`,
    });
    expect(server.requests.at(-1)).toMatchObject({
      url: `${API}/plugin/upload/go_1.zip?replace=0`,
      headers: { 'content-type': 'application/zip', 'x-racetrack-auth': 'tok' },
      body: ZIP,
    });
  });

  test('says on a terminal what it does, in the words of the original', async () => {
    await cli.write('go 1.zip', ZIP);

    const { stderr } = await cli.run(['plugin', 'install', 'go 1.zip', '--replace'], { isTerminal: true });

    expect(stderr).toContain(`Uploading plugin go 1.zip to ${server.origin}/lifecycle\n`);
    expect(sent()).toContain('POST /plugin/upload/go_1.zip?replace=1');
  });

  test('takes the release of a repository from the GitHub that it is told', async () => {
    routes['GET /api/repos/acme/plugin-go/releases'] = {
      body: [
        { name: '1.0.0', assets: [{ browser_download_url: `${server.origin}/files/go_1.zip` }] },
        { name: '1.1.0-rc', assets: [{ browser_download_url: `${server.origin}/files/rc.zip` }] },
      ],
    };
    routes['GET /files/go_1.zip'] = { body: ZIP, headers: { 'content-type': 'application/zip' } };
    const env = { RACETRACK_GITHUB_API: `${server.origin}/api`, GITHUB_TOKEN: 'ghp_secret' };

    const args = ['plugin', 'install', 'github.com/acme/plugin-go', '--output', 'json'];
    expect(JSON.parse((await cli.run(args, { env })).stdout)).toEqual({
      name: 'go-job-type',
      version: '1.0.0',
      sha256: SHA256,
      previousSha256: null,
      source: `${server.origin}/files/go_1.zip`,
    });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer ghp_secret');
    expect(server.requests.at(-1)).toMatchObject({ body: ZIP });
  });

  test.each([
    ['0123', 'has been replaced at', `sha256 0123 -> ${SHA256}`],
    [SHA256, 'is already installed at', `sha256 ${SHA256}`],
  ])('says what became of %s, which was there', async (digest, outcome, checksum) => {
    await cli.write('go 1.zip', ZIP);
    routes[`GET ${API}/plugins`] = { body: [{ ...GO, digest }, BROKEN] };

    const { stderr } = await cli.run(['plugin', 'install', 'go 1.zip']);

    expect(stderr).toContain(`Plugin go-job-type 1.0.0 ${outcome} ${server.origin}/lifecycle`);
    expect(stderr).toContain(`${checksum}\n`);
  });

  test('takes back a plugin of the platform, which the server has', async () => {
    routes[`POST ${API}/plugins/install`] = { body: MANIFEST };

    expect(await cli.run(['plugin', 'install', 'bundled:go-job-type'])).toMatchObject({ exitCode: 0 });
    expect(server.requests.at(-1)?.body).toBe('{"uri":"bundled:go-job-type","replace":false}');
  });

  test('says why the server refuses', async () => {
    await cli.write('go 1.zip', ZIP);
    routes[`POST ${API}/plugin/upload/go_1.zip`] = {
      status: 400,
      body: { error: 'plugin.py: it raises', code: 'PLUGIN_INVALID', hint: 'Mend it.' },
    };

    expect(await cli.run(['plugin', 'install', 'go 1.zip'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error: plugin.py: it raises\n'),
    });
    expect(await cli.run(['plugin', 'install', 'nowhere'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Unknown plugin location: nowhere'),
    });
  });
});

describe('plugin list', () => {
  test('prints the lines of the original, and what is faulty on standard error', async () => {
    const hooks = ['post_job_deploy', 'run_action'];
    routes[`GET ${API}/plugins`] = { body: [{ ...GO, hooks }, BROKEN] };

    expect(await cli.run(['plugin', 'list'])).toMatchObject({
      exitCode: 0,
      stdout: 'go-job-type==1.0.0\ngo-job-type==2.0.0-rc\n',
      stderr: 'warning: go-job-type 2.0.0-rc is faulty: it exits at once\n',
    });
    expect(
      (await cli.run(['plugin', 'list', '--details'])).stdout.split('\n').map((line) => line.trim()),
    ).toEqual([
      'NAME          VERSION    CATEGORY   ORIGIN              STATE    OFFERS         INSTALLED BY   SHA256',
      `go-job-type   1.0.0      job-type   installed           ok       golang:1.0.0   alice          ${SHA256.slice(0, 12)}`,
      `go-job-type   2.0.0-rc   job-type   installed, pinned   faulty                  alice          ${SHA256.slice(0, 12)}`,
      '',
    ]);
    routes[`GET ${API}/plugins`] = { body: [{ ...GO, job_types: [], hooks }] };
    expect((await cli.run(['plugin', 'list', '--details'])).stdout).toContain('post_job_deploy, run_action');
    expect(JSON.parse((await cli.run(['plugin', 'list', '--output', 'json'])).stdout)).toMatchObject([
      { origin: 'installed', hooks },
    ]);
  });

  test('prints names of job types', async () => {
    routes[`GET ${API}/plugin/job_type/versions`] = { body: ['golang:1.0.0', 'python3:2.15.1'] };

    expect((await cli.run(['plugin', 'list', '--job-types'])).stdout).toBe('golang:1.0.0\npython3:2.15.1\n');
  });

  test('of a server of the original holds what that tells', async () => {
    routes[`GET ${API}/plugins`] = { status: 404, body: { detail: 'Not Found' } };
    routes[`GET ${API}/plugin`] = { body: [MANIFEST] };

    expect(await cli.run(['plugin', 'list', '--details'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('go-job-type   1.0.0'),
      stderr: expect.stringContaining('no more of its plugins than name and version'),
    });
    expect(await cli.run(['plugin', 'pin', 'go-job-type'])).toMatchObject({
      exitCode: 70,
      stderr: expect.stringContaining('this server does not offer pinning'),
    });
  });
});

describe('plugin uninstall', () => {
  const ARGS = ['plugin', 'uninstall', 'go-job-type', '--version', '1.0.0'];

  beforeEach(() => {
    routes[`GET ${API}/plugins`] = { body: [GO, BROKEN] };
    routes[`DELETE ${API}/plugin/go-job-type/1.0.0`] = { body: null };
  });

  test('asks on a terminal when jobs use it', async () => {
    const terminal = { isTerminal: true, stdinKind: 'terminal' } as const;

    const refused = await cli.run(ARGS, { ...terminal, answer: 'n' });

    expect(refused).toMatchObject({ exitCode: 2, prompts: [expect.stringContaining('2 use golang:1.0.0')] });
    expect(sent()).not.toContain('DELETE /plugin/go-job-type/1.0.0');
    expect(await cli.run(ARGS, { ...terminal, answer: 'y' })).toMatchObject({ exitCode: 0 });
    expect(await cli.run([...ARGS, '--yes'], terminal)).toMatchObject({ exitCode: 0, prompts: [] });
  });

  test('goes ahead in scripts, and tells what becomes of the jobs', async () => {
    const targets = [{ name: 'pool', active_jobs: 3 }];
    routes[`GET ${API}/plugins`] = { body: [{ ...GO, targets }] };

    expect(await cli.run(ARGS)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'warning: Jobs depend on plugin go-job-type 1.0.0: 2 use golang:1.0.0, 3 use pool. Those of its job types go on, but cannot be deployed again until it is back. ' +
        'Those on its target may end, and cannot be reached until it is back; move them first: racetrack move NAME --version VERSION --infrastructure TARGET.\n' +
        `Plugin go-job-type 1.0.0 has been uninstalled from ${server.origin}/lifecycle\n`,
      prompts: [],
    });
    expect(sent()).toEqual(['GET /plugins', 'DELETE /plugin/go-job-type/1.0.0']);
  });
});

describe('plugin download', () => {
  beforeEach(() => {
    const headers = { 'content-type': 'application/zip' };
    routes[`GET ${API}/plugin/go-job-type/1.0.0/download`] = { body: ZIP, headers };
  });

  test('writes the file and prints its checksum', async () => {
    const args = ['plugin', 'download', 'go-job-type', '1.0.0'];
    const path = join(cli.cwd, 'go-job-type-1.0.0.zip');

    expect(await cli.run(args)).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: `Downloaded installed plugin as ${path}\nsha256 ${SHA256}\n`,
    });
    expect(await cli.run([...args, '--out-filename', 'other.zip'])).toMatchObject({ exitCode: 0 });
    expect(await readFile(path, 'utf8')).toBe(ZIP);
    expect((await readdir(cli.cwd)).toSorted()).toEqual(['go-job-type-1.0.0.zip', 'other.zip']);
  });

  test.each([
    [['go-job-type', '9.9.9'], 3],
    [['go-job-type', '1.0.0', '--out-dir', 'nowhere'], 2],
    [['go-job-type', '1.0.0', '--out-filename', '../x'], 2],
  ])('%j leaves no file', async (args, exitCode) => {
    expect(await cli.run(['plugin', 'download', ...args])).toMatchObject({ exitCode, stdout: '' });
    expect(await readdir(cli.cwd)).toEqual([]);
  });
});

describe('plugin config', () => {
  const CONFIG = `${API}/plugin/go-job-type/1.0.0/config`;

  beforeEach(() => {
    routes[`GET ${API}/plugins`] = { body: [BROKEN, GO] };
    routes[`GET ${CONFIG}`] = { body: '"password: hidden\\n"' };
    routes[`PUT ${CONFIG}`] = { body: null };
  });

  test('is read, and replaced by a file or standard input', async () => {
    await cli.write('new.yaml', 'a: 1\n');

    expect((await cli.run(['plugin', 'config', 'get', 'go-job-type'])).stdout).toBe('password: hidden\n');
    await cli.run(['plugin', 'config', 'set', 'go-job-type', '--file', 'new.yaml']);
    await cli.run(['plugin', 'config', 'set', 'go-job-type', '--file', '-'], { stdin: 'b: 2\n' });

    const texts = server.requests.filter(({ method }) => method === 'PUT').map(({ body }) => body);
    expect(texts).toEqual(['{"config_data":"a: 1\\n"}', '{"config_data":"b: 2\\n"}']);
    expect(await cli.run(['plugin', 'config', 'set', 'go-job-type'])).toMatchObject({ exitCode: 2 });
    expect(await cli.run(['plugin', 'config', 'frob', 'go-job-type'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('use get, set or edit'),
    });
    expect(await cli.run(['plugin', 'config', 'get', 'go-job-typ'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('Did you mean go-job-type?'),
    });
  });

  test('is edited in an editor, and what is refused is not lost', async () => {
    await cli.write('editor', '#!/bin/sh\nprintf "days: 3\\n" >> "$1"\n');
    await chmod(join(cli.cwd, 'editor'), 0o755);
    const env = { EDITOR: join(cli.cwd, 'editor'), PATH: process.env['PATH'] ?? '' };
    const edit = async () =>
      await cli.run(['plugin', 'config', 'edit', 'go-job-type'], { env, stdinKind: 'terminal' });

    expect(await edit()).toMatchObject({ exitCode: 0, stdout: '' });
    expect(server.requests.at(-1)?.body).toBe('{"config_data":"password: hidden\\ndays: 3\\n"}');

    routes[`PUT ${CONFIG}`] = { status: 400, body: { error: 'days: too few', code: 'PLUGIN_INVALID' } };
    const refused = await edit();
    const [, kept = ''] = /is kept in (.+)\n/.exec(refused.stderr) ?? [];
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('days: too few') });
    expect(await readFile(kept, 'utf8')).toBe('password: hidden\ndays: 3\n');
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    await rm(dirname(kept), { recursive: true });
  });
});

describe('plugin run', () => {
  test.each([
    [['days=30', 'path=a=b'], '{"days":"30","path":"a=b"}'],
    [['--json', '{"days": 30}'], '{"days":30}'],
    [[], '{}'],
  ])('%j sends %s', async (args, body) => {
    routes[`POST ${API}/plugin/cleaner/run`] = { body: { removed: 3 } };

    expect((await cli.run(['plugin', 'run', 'cleaner', ...args])).stdout).toBe('{\n  "removed": 3\n}\n');
    expect(server.requests.at(-1)?.body).toBe(body);
  });

  test('says so when there is no action', async () => {
    routes[`GET ${API}/plugins`] = { body: [{ ...GO, hooks: ['markdown_docs'] }] };
    routes[`POST ${API}/plugin/go-job-type/run`] = { body: null };

    expect(await cli.run(['plugin', 'run', 'go-job-type'])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('error: plugin go-job-type offers no action\n'),
    });
    routes[`GET ${API}/plugins`] = { body: [{ ...GO, hooks: ['run_action'] }] };
    expect((await cli.run(['plugin', 'run', 'go-job-type'])).stdout).toBe('null\n');
  });

  test.each([[['days']], [['--json', '[]']], [['a=b', '--json', '{}']]])('refuses %j', async (args) => {
    expect(await cli.run(['plugin', 'run', 'cleaner', ...args])).toMatchObject({ exitCode: 2 });
    expect(server.requests).toEqual([]);
  });
});

test('plugin docs prints what there is, plugin pin takes the highest stable version, unpin the pinned one', async () => {
  routes[`GET ${API}/plugins`] = { body: [BROKEN, GO] };
  routes[`GET ${API}/plugin/go-job-type/docs`] = { body: '"# Go\\n"' };
  routes[`PUT ${API}/plugin/go-job-type/1.0.0/pin`] = { body: null };
  routes[`DELETE ${API}/plugin/go-job-type/2.0.0-rc/pin`] = { body: null };

  expect((await cli.run(['plugin', 'docs', 'go-job-type'])).stdout).toBe('# Go\n');
  expect(await cli.run(['plugin', 'pin', 'go-job-type'])).toMatchObject({
    exitCode: 0,
    stderr: 'Plugin go-job-type 1.0.0 stays as it is when the platform is upgraded\n',
  });
  expect(await cli.run(['plugin', 'unpin', 'go-job-type'])).toMatchObject({ exitCode: 0 });
});
