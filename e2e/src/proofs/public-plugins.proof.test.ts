/** Plugins whose sources lie in RACETRACK_PUBLIC_PLUGINS are bundled, installed, listed, and render a Dockerfile each */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Platform } from '../support/platform.ts';

const ROOT = process.env['RACETRACK_PUBLIC_PLUGINS'] ?? '';
const MANIFEST_FILE = 'plugin-manifest.yaml';
/** Repositories hold the plugin in their root or in a folder, such as `golang-job-type`. */
const MAX_DEPTH = 2;
const LEFT_OUT = new Set(['node_modules', '.git']);

const plugins = ROOT === '' ? [] : await findPlugins(ROOT, MAX_DEPTH);

async function findPlugins(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === MANIFEST_FILE)) return [folder];
  if (depth === 0) return [];
  const folders = entries.filter((entry) => entry.isDirectory() && !LEFT_OUT.has(entry.name));
  return (
    await Promise.all(folders.map(async ({ name }) => await findPlugins(join(folder, name), depth - 1)))
  ).flat();
}

const reason = ROOT === '' ? ' (RACETRACK_PUBLIC_PLUGINS names no folder with sources of plugins)' : '';

test.skipIf(ROOT === '')(`there are plugins${reason}`, () => {
  expect(plugins).not.toEqual([]);
});

describe.skipIf(ROOT === '')(`the plugins below ${ROOT}`, () => {
  let platform: Platform;

  beforeAll(async () => {
    platform = await Platform.start(['--no-default-plugins']);
    await platform.login();
  });
  afterAll(async () => await platform[Symbol.asyncDispose]());

  async function cli(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await platform.cli(args);
    expect(code, `racetrack ${args.join(' ')}\n${stderr}`).toBe(0);
    return stdout;
  }

  async function listJobTypes(): Promise<string[]> {
    return (await cli('plugin', 'list', '--job-types')).split('\n').filter((line) => line !== '');
  }

  test.each(plugins)('%s', async (folder) => {
    const known = new Set(await listJobTypes());
    const { path } = JSON.parse(
      await cli('plugin', 'bundle', folder, '--out', platform.directory, '--output', 'json'),
    ) as { path: string };

    await cli('plugin', 'install', path, '--replace');

    const added = (await listJobTypes()).filter((jobType) => !known.has(jobType));
    for (const jobType of added) {
      const job = join(platform.directory, 'job.yaml');
      await writeFile(job, describeJob(jobType));
      await writeFile(join(platform.directory, 'Dockerfile'), 'FROM scratch\n');
      expect(await cli('dockerfile', job)).toContain('FROM ');
    }
    process.stdout.write(`${folder}: ${added.join(', ') || 'no job types'}\n`);
  });
});

/** As little as a manifest can hold. */
function describeJob(jobType: string): string {
  return [
    'name: sample',
    'owner_email: sample@example.com',
    'version: 0.0.1',
    `jobtype: '${jobType}'`,
    'git:',
    '  remote: https://git.example.com/sample',
    '',
  ].join('\n');
}
