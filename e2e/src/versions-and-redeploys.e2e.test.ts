import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitFiles, createBranch, createRepository, pythonManifest } from './support/job-repository.ts';
import { startLoad } from './support/load.ts';
import { Platform } from './support/platform.ts';
import { findProcesses } from './support/processes.ts';

const FIRST = 'class Adder:\n    def perform(self, x, y):\n        return x + y\n';
const SECOND = [
  'import iniconfig',
  '',
  'class Reader:',
  '    def perform(self, text):',
  '        config = iniconfig.IniConfig("memory", text)',
  '        return {section.name: dict(section.items()) for section in config}',
  '',
].join('\n');

describe('a second job beside one under load', () => {
  let platform: Platform;
  let token: string;

  const deploy = async (directory: string, ...args: string[]) =>
    await platform.cli(['deploy', directory, '--build-context', 'git', ...args]);

  /** A new version of `adder`, whose answer tells versions apart. */
  async function deployAdder(version: string, answer: string, ...args: string[]) {
    const directory = join(platform.directory, 'adder');
    await commitFiles(directory, {
      'job.py': `class Adder:\n    def perform(self, x, y):\n        return ${answer}\n`,
      'job.yaml': pythonManifest({ name: 'adder', version, remote: directory }),
    });
    return await deploy(directory, ...args);
  }

  async function answer(version: string): Promise<unknown> {
    const response = await platform.call(`adder/${version}/api/v1/perform`, token, { x: 40, y: 2 });
    return response.status === 200 ? await response.json() : response.status;
  }

  beforeAll(async () => {
    platform = await Platform.start();
    token = await platform.login();
    const directory = join(platform.directory, 'adder');
    const manifest = pythonManifest({ name: 'adder', version: '1.0.0', remote: directory });
    await createRepository(directory, { 'job.py': FIRST, 'job.yaml': manifest });
    expect(await deploy(directory)).toMatchObject({ code: 0 });
  });

  afterAll(async () => await platform[Symbol.asyncDispose]());

  test('comes from a branch and a sub-directory, with requirements and a version label, and disturbs no call', async () => {
    const directory = join(platform.directory, 'reader');
    const manifest = pythonManifest({
      name: 'ini_Reader',
      version: '2.1.0-beta',
      remote: directory,
      branch: 'develop',
      directory: 'jobs/reader',
      extra: { entrypoint_class: 'Reader', requirements_path: 'requirements.txt' },
    });
    await createRepository(directory, { 'README.md': 'nothing here\n' });
    await createBranch(directory, 'develop');
    await commitFiles(directory, {
      'jobs/reader/job.py': SECOND,
      'jobs/reader/job.yaml': manifest,
      'jobs/reader/requirements.txt': 'iniconfig==2.0.0\n',
    });
    const stop = startLoad(
      async () => await platform.call('adder/latest/api/v1/perform', token, { x: 40, y: 2 }),
    );

    const result = await deploy(join(directory, 'jobs/reader'));
    const load = await stop();

    expect(result).toMatchObject({ code: 0 });
    expect(load.failures).toEqual([]);
    expect(load.calls).toBeGreaterThan(10);
    const response = await platform.call('ini_Reader/2.1.0-beta/api/v1/perform', token, {
      text: '[a]\nb = 1\n',
    });
    expect([response.status, await response.json()]).toEqual([200, { a: { b: '1' } }]);
    // A labelled version is reached by its exact name only.
    expect((await platform.call('ini_Reader/latest/api/v1/perform', token, {})).status).toBe(404);
  });

  test('latest and 1.x follow a new version, the exact old one stays', async () => {
    expect(await deployAdder('1.1.0', '"1.1.0"')).toMatchObject({ code: 0 });
    expect(await deployAdder('2.0.0', '"2.0.0"')).toMatchObject({ code: 0 });

    expect(await answer('latest')).toBe('2.0.0');
    expect(await answer('1.x')).toBe('1.1.0');
    expect(await answer('1.0.0')).toBe(42);
  });

  test('the same version again is refused, with the way out in the hint', async () => {
    const result = await deployAdder('1.1.0', '"another"');

    expect(result.code).toBe(3);
    expect(result.stderr).toContain('job adder v1.1.0 is already deployed');
    expect(result.stderr).toContain('--force');
    expect(await answer('1.1.0')).toBe('1.1.0');
  });

  test('--force replaces it without a failed call', async () => {
    const stop = startLoad(
      async () => await platform.call('adder/1.1.0/api/v1/perform', token, { x: 1, y: 1 }),
    );

    const result = await deployAdder('1.1.0', '"forced"', '--force');
    expect(await answer('1.1.0')).toBe('forced');
    const load = await stop();

    expect(result).toMatchObject({ code: 0 });
    expect(load.failures).toEqual([]);
    expect([...load.answers.keys()].sort()).toEqual(['"1.1.0"', '"forced"']);
  });

  test('a deployment that fails leaves the running one alone and says why', async () => {
    const result = await deployAdder('1.1.0', '(', '--force');

    expect(result.code).toBe(6);
    expect(result.stderr).toMatch(/job\.py/);
    expect(await answer('1.1.0')).toBe('forced');
  });

  test('delete frees the name on its route, the processes and the files, and the version stays claimed', async () => {
    const before = await readdir(join(platform.dataDir, 'instances'));

    const result = await platform.cli(['delete', 'adder', '--version', '2.0.0']);

    expect(result).toMatchObject({ code: 0 });
    expect(await answer('2.0.0')).toBe(404);
    expect(await answer('latest')).toBe('forced');
    expect(await readdir(join(platform.dataDir, 'instances'))).toHaveLength(before.length - 1);
    const instances = await findProcesses(join(platform.dataDir, 'run'));
    expect(instances.filter((process) => process.commandLine.includes('2.0.0'))).toEqual([]);
    const again = await deployAdder('2.0.0', '"again"');
    expect(again.code).toBe(3);
    expect(again.stderr).toContain('--force');
    expect(await deployAdder('2.0.0', '"again"', '--force')).toMatchObject({ code: 0 });
  });
});
