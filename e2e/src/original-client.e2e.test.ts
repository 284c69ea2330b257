import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonManifest } from './support/job-repository.ts';
import { Platform } from './support/platform.ts';

const run = promisify(execFile);
/** The newest on PyPI. */
const CLIENT = 'racetrack-client==2.35.1';

/** The client that users of Racetrack have, from PyPI, against this platform. */
describe('the original Python client', () => {
  let platform: Platform;
  let program: string;

  async function racetrack(...args: string[]): Promise<string> {
    const env = { ...process.env, HOME: platform.directory };
    const running = run(program, args, { cwd: platform.directory, env, timeout: 60_000 });
    // It reads an open standard input to its end before it does anything.
    running.child.stdin?.end();
    const { stdout, stderr } = await running;
    return stdout + stderr;
  }

  beforeAll(async () => {
    platform = await Platform.start();
    const venv = join(platform.directory, 'client');
    await run('python3', ['-m', 'venv', venv]);
    await run(join(venv, 'bin/pip'), ['install', '--quiet', CLIENT], { timeout: 120_000 });
    program = join(venv, 'bin/racetrack');
    const token = await platform.login();
    await racetrack('set', 'remote', platform.endpoints.lifecycle);
    await racetrack('login', token);
    const manifest = pythonManifest({
      name: 'adder',
      version: '1.0.0',
      remote: 'https://git.example.com/team/adder',
    });
    await mkdir(join(platform.directory, 'adder'));
    await writeFile(join(platform.directory, 'adder/job.yaml'), manifest);
    await writeFile(
      join(platform.directory, 'adder/job.py'),
      'class Adder:\n    def perform(self, numbers):\n        print("adding", numbers, flush=True)\n        return sum(numbers)\n',
    );
  });

  afterAll(async () => await platform[Symbol.asyncDispose]());

  test('deploys, lists, calls, reads logs and deletes', async () => {
    await racetrack('deploy', 'adder', '--build-context', 'local');

    expect(await racetrack('list')).toMatch(/adder\s+1\.0\.0\s+RUNNING/);
    expect((await racetrack('call', 'adder', '/api/v1/perform', '{"numbers": [40, 2]}')).trim()).toBe('42');
    expect(await racetrack('logs', 'adder')).toContain('adding [40, 2]');
    expect((await racetrack('build-logs', 'adder')).length).toBeGreaterThan(0);
    expect(await racetrack('plugin', 'list', '--job-types')).toMatch(/python3:\d+\.\d+\.\d+/);
    await racetrack('delete', 'adder', '--version', '1.0.0');
    expect(await racetrack('list')).not.toContain('adder');
  });

  test('shows the reason when a deployment fails', async () => {
    await writeFile(join(platform.directory, 'adder/job.py'), 'class Adder(:\n');

    await expect(racetrack('deploy', 'adder', '--build-context', 'local', '--force')).rejects.toMatchObject({
      stdout: expect.stringContaining('job.py'),
    });
  });
});
