import { execFile, spawn } from 'node:child_process';
import { glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startHttpsGitServer, waitUntil, type HttpsGitServer } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { ADMIN_PASSWORD, Platform } from './support/platform.ts';
import { startSteadyLoad } from './support/steady-load.ts';

const run = promisify(execFile);
/** The newest on PyPI. */
const CLIENT = 'racetrack-client==2.35.1';
const SECOND_TARGET = fileURLToPath(new URL('./fixtures/second-target', import.meta.url));
const ACCESS = { username: 'bob', password: 'a-token-for-bob' };
const ADDER =
  'class Adder:\n    def perform(self, numbers=(40, 2)):\n        print("adding", numbers, flush=True)\n        return sum(numbers)\n';

/** A job type in the form of published plugins. */
const PLUGIN = {
  'plugin-manifest.yaml':
    'name: words-job-type\nversion: 1.0.0\ncategory: job-type\ncomponents: [lifecycle, image-builder]\n',
  'plugin.py': `from __future__ import annotations
from pathlib import Path


class Plugin:
    def job_types(self) -> dict[str, list[tuple[Path, Path]]]:
        return {
            f'words:{self.plugin_manifest.version}': [
                (self.plugin_dir / 'base.Dockerfile', self.plugin_dir / 'job-template.Dockerfile'),
            ],
        }
`,
  'base.Dockerfile': 'FROM scratch\n',
  'job-template.Dockerfile': 'FROM {{ base_image }}\n',
};

/** Ids of what a target has of a job. */
async function listInstances(job: string, folder: string): Promise<string[]> {
  const records = await Array.fromAsync(glob(join(folder, 'instances/*/instance.json')));
  const texts = await Promise.all(records.map(async (path) => await readFile(path, 'utf8').catch(() => '')));
  return records
    .filter((_path, index) => texts[index]?.includes(`"name": "${job}"`))
    .map((path) => dirname(path));
}

/** The client that users of Racetrack have, from PyPI, against this platform. */
describe('the original Python client', () => {
  let root: string;
  let host: HttpsGitServer;
  let platform: Platform;
  let program: string;

  const environment = (): NodeJS.ProcessEnv => ({ ...process.env, HOME: platform.directory });

  const racetrack = async (...args: string[]): Promise<string> => await racetrackWith('', ...args);

  /** In a session of its own: without a terminal it asks for passwords on its standard input. */
  async function racetrackWith(input: string, ...args: string[]): Promise<string> {
    const options = { cwd: platform.directory, env: environment(), timeout: 150_000 };
    const running = run('setsid', ['--wait', program, ...args], options);
    // It reads an open standard input to its end before it does anything.
    running.child.stdin?.end(input);
    const { stdout, stderr } = await running;
    return stdout + stderr;
  }

  async function writeJob(name: string, remote: string, files: Readonly<Record<string, string>>) {
    const folder = join(platform.directory, name);
    await mkdir(folder, { recursive: true });
    const manifest = pythonManifest({ name, version: '1.0.0', remote });
    for (const [file, text] of Object.entries({ 'job.yaml': manifest, ...files }))
      await writeFile(join(folder, file), text);
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'racetrack-e2e-git-'));
    const source = await createRepository(join(root, 'source'), { 'job.py': ADDER });
    await run('git', ['clone', '--quiet', '--bare', source, join(root, 'private.git')]);
    host = await startHttpsGitServer(root, ACCESS);
    platform = await Platform.start(['--plugin', SECOND_TARGET], {
      GIT_SSL_CAINFO: host.certificatePath,
      RACETRACK_GIT_ALLOW_LOCAL: 'false',
      RACETRACK_INFRASTRUCTURE_TARGET: 'process',
    });
    const venv = join(platform.directory, 'client');
    await run('python3', ['-m', 'venv', venv]);
    await run(join(venv, 'bin/pip'), ['install', '--quiet', CLIENT], { timeout: 120_000 });
    program = join(venv, 'bin/racetrack');
    await writeJob('adder', 'https://git.example.com/team/adder', { 'job.py': ADDER });
    await writeJob('from-git', `${host.origin}/private.git`, {});
  });

  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await host.close();
    await rm(root, { recursive: true, force: true });
  });

  test('is told that it has to log in, and how it can', async () => {
    // Away from a terminal it tells nothing but errors and results.
    await racetrack('set', 'alias', 'here', platform.endpoints.lifecycle);
    await racetrack('set', 'remote', 'here');
    expect(await racetrack('get', 'remote')).toContain(`${platform.endpoints.lifecycle}/lifecycle`);
    await expect(racetrack('list')).rejects.toMatchObject({
      stdout: expect.stringContaining('missing auth token'),
    });
    await expect(racetrackWith('wrong\n', 'login', '--username', 'admin')).rejects.toMatchObject({
      stdout: expect.stringContaining('Incorrect username or password'),
    });
    const token = await platform.login();
    await racetrack('login', token);
    expect(await racetrack('get', 'auth-token')).toContain(token);
    expect(await racetrack('get', 'pub')).toContain(platform.endpoints.pub);
  });

  test('deploys a private repository over HTTPS with stored credentials', async () => {
    await expect(racetrack('deploy', 'from-git')).rejects.toMatchObject({
      stdout: expect.stringContaining('no git credentials configured'),
    });
    const { username, password } = ACCESS;
    await racetrack('set', 'credentials', host.origin, username, password);

    await racetrack('deploy', 'from-git');
    expect((await racetrack('call', 'from-git', '/api/v1/perform', '{"numbers": [1, 2]}')).trim()).toBe('3');
  });

  test('deploys what is on the disk, lists, calls, reads logs', async () => {
    await racetrack('deploy', 'adder', '--build-context', 'local');

    const list = await racetrack('list');
    expect(list).toMatch(/adder\s+1\.0\.0\s+RUNNING/);
    expect(list).toMatch(/from-git\s+1\.0\.0\s+RUNNING/);
    expect((await racetrack('call', 'adder', '/api/v1/perform', '{"numbers": [40, 2]}')).trim()).toBe('42');
    expect(await racetrack('logs', 'adder')).toContain('adding [40, 2]');
    expect((await racetrack('build-logs', 'adder')).length).toBeGreaterThan(0);
    expect(await racetrack('plugin', 'list', '--job-types')).toMatch(/python3:\d+\.\d+\.\d+/);
    expect(await racetrack('plugin', 'list')).toContain('infrastructure-process');
  });

  test('follows logs as they are written', async () => {
    const following = spawn(program, ['logs', 'adder', '--follow', '--tail', '0'], {
      cwd: platform.directory,
      env: { ...environment(), PYTHONUNBUFFERED: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let shown = '';
    for (const stream of [following.stdout, following.stderr])
      stream.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const ended = new Promise((resolve) => following.once('exit', resolve));
    try {
      // It does not tell when its subscription has been answered.
      await waitUntil('a line of the job', async () => {
        await racetrack('call', 'adder', '/api/v1/perform', '{"numbers": [20, 3]}');
        return shown.includes('adding [20, 3]');
      });
    } finally {
      following.kill('SIGINT');
      await ended;
    }
    expect(shown).toContain('adding [20, 3]');
  });

  test('is told why a deployment fails, in the words of the job', async () => {
    await writeFile(join(platform.directory, 'adder/job.py'), 'class Adder(:\n');

    await expect(racetrack('deploy', 'adder', '--build-context', 'local', '--force')).rejects.toMatchObject({
      stdout: expect.stringContaining('job.py'),
    });
    await expect(racetrack('deploy', 'adder', '--build-context', 'local')).rejects.toMatchObject({
      stdout: expect.stringContaining('already deployed'),
    });
  });

  test('moves a job to another target and back, and no call fails', async () => {
    const move = async (target: string) =>
      await racetrack('move', 'adder', '--version', '1.0.0', '--infrastructure', target);
    await expect(move('mars')).rejects.toMatchObject({
      stdout: expect.stringContaining('Selected infrastructure target "mars" is unavailable'),
    });
    const instances = async () => ({
      process: await listInstances('adder', platform.dataDir),
      second: await listInstances('adder', join(platform.dataDir, 'plugins', '*')),
    });
    const before = await instances();
    const stopCalls = startSteadyLoad({
      url: `${platform.endpoints.pub}/pub/job/adder/latest/api/v1/perform`,
      token: await platform.login(),
      callsPerSecond: 20,
    });

    await move('process-2');
    expect((await racetrack('call', 'adder', '/api/v1/perform', '{"numbers": [40, 2]}')).trim()).toBe('42');
    await waitUntil('the old instance to be gone', async () => (await instances()).process.length === 0);
    expect((await instances()).second).toHaveLength(1);
    await move('process');
    await waitUntil('the second one to be gone', async () => (await instances()).second.length === 0);

    expect((await instances()).process).toHaveLength(1);
    expect((await instances()).process).not.toEqual(before.process);
    const { failures, answers } = await stopCalls();
    expect({ failures, answers: [...answers.keys()] }).toEqual({ failures: [], answers: ['42'] });
  });

  test('bundles a plugin, installs it, lists what it offers, downloads it and removes it', async () => {
    const folder = join(platform.directory, 'words');
    await mkdir(folder);
    for (const [file, text] of Object.entries(PLUGIN)) await writeFile(join(folder, file), text);

    await racetrack('plugin', 'bundle', 'words');
    await racetrack('plugin', 'install', 'words/words-job-type-1.0.0.zip');

    expect(await racetrack('plugin', 'list')).toContain('words-job-type==1.0.0');
    expect(await racetrack('plugin', 'list', '--job-types')).toContain('words:1.0.0');
    await racetrack('plugin', 'download', 'words-job-type', '1.0.0');
    expect(await readFile(join(platform.directory, 'words-job-type-1.0.0.zip'))).toEqual(
      await readFile(join(folder, 'words-job-type-1.0.0.zip')),
    );
    await racetrack('plugin', 'uninstall', 'words-job-type', '--version', '1.0.0');
    expect(await racetrack('plugin', 'list')).not.toContain('words-job-type');
    expect(await racetrack('plugin', 'list', '--job-types')).not.toContain('words:');
  });

  test('deletes and logs out', async () => {
    await racetrack('delete', 'adder', '--version', '1.0.0');
    expect(await racetrack('list')).not.toContain('adder');
    await racetrack('logout');
    await expect(racetrack('list')).rejects.toMatchObject({
      stdout: expect.stringContaining('missing auth token'),
    });
    await racetrackWith(`${ADMIN_PASSWORD}\n`, 'login', '--username', 'admin');
    expect(await racetrack('list')).toContain('from-git');
  });
});
