import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { Platform } from './support/platform.ts';
import { expectNoTrace, listPluginHosts } from './support/plugins/expect-no-trace.ts';
import { chooseChanges, makeChanges } from './support/plugins/plugin-changes.ts';
import { startSteadyDeployments } from './support/plugins/steady-deployments.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const TARGET = join(repository, 'sample/plugins/quiet-target');
/** The long form is `npm run proof -- plugin-changes`. */
const CHANGES = 25;

describe('plugins', () => {
  let platform: Platform;
  let token: string;
  let hosts: readonly number[];
  beforeAll(async () => {
    platform = await Platform.start([], { RACETRACK_INFRASTRUCTURE_TARGET: 'process' });
    token = await platform.login();
    hosts = await listPluginHosts(platform);
  });
  afterAll(async () => await platform[Symbol.asyncDispose]());

  async function succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await platform.cli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    return stdout;
  }

  test('are installed, replaced and removed in any order under running deployments, and leave no trace', async () => {
    const seed = Date.now() % 2 ** 31;
    const stop = await startSteadyDeployments(platform);

    const problems = await makeChanges(platform, token, chooseChanges(CHANGES, seed));
    const { count, failures } = await stop();

    expect({ seed, problems, failures }).toEqual({ seed, problems: [], failures: [] });
    expect(count).toBeGreaterThan(0);
    await expectNoTrace(platform, hosts);
  });

  test('the guide shows the files of the sample target', async () => {
    const guide = await readFile(join(repository, 'docs/guides/write-a-target-plugin.md'), 'utf8');
    const program = await readFile(join(TARGET, 'plugin.ts'), 'utf8');

    expect(guide).toContain(program.replace(/^\/\*\*.*\*\/\n/m, ''));
    expect(guide).toContain(await readFile(join(TARGET, 'plugin-manifest.yaml'), 'utf8'));
  });

  test('the target of the guide is bundled and installed, runs a job, takes settings, and goes again', async () => {
    const directory = join(platform.directory, 'quiet');
    await createRepository(directory, {
      'job.py':
        "class Job:\n    def perform(self):\n        print('quietly', flush=True)\n        return 42\n",
      'job.yaml': `${pythonManifest({ name: 'quiet', version: '1.0.0', remote: directory })}infrastructure_target: quiet\n`,
    });
    await succeed('plugin', 'validate', TARGET);
    await succeed('plugin', 'bundle', TARGET, '--out', platform.directory);
    await succeed('plugin', 'install', join(platform.directory, 'quiet-target-1.0.0.zip'));
    expect(await succeed('plugin', 'list')).toContain('quiet-target==1.0.0');

    await succeed('deploy', directory);
    const answer = await platform.call('quiet/1.0.0/api/v1/perform', token, {});
    expect(await answer.json()).toBe(42);
    expect(await succeed('logs', 'quiet')).toContain('quietly');

    const refused = await platform.cli(['plugin', 'config', 'set', 'quiet-target', '--file', '-'], {
      input: 'niceness: very\n',
    });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('niceness');
    const taken = await platform.cli(['plugin', 'config', 'set', 'quiet-target', '--file', '-'], {
      input: 'niceness: 15\n',
    });
    expect(taken).toMatchObject({ code: 0 });
    expect(await succeed('plugin', 'docs', 'quiet-target')).toContain('niceness 15');
    // The job has not noticed that the plugin was started anew.
    expect(await (await platform.call('quiet/1.0.0/api/v1/perform', token, {})).json()).toBe(42);

    await succeed('delete', 'quiet', '--version', '1.0.0', '--yes');
    await succeed('plugin', 'uninstall', 'quiet-target', '--version', '1.0.0');
    await expectNoTrace(platform, hosts);
  });
});
