import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPluginArchive } from '../archive/open-archive.ts';
import { bundlePlugin, type BundleOptions } from './bundle-plugin.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const CHANGED_AT = new Date('2025-06-07T08:09:10Z');
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'racetrack-plugin-'));
  await write('plugin-manifest.yaml', 'name: golang-job-type\nversion: 0.0.0\nurl: https://example.com/go\n');
  await write('plugin.py', 'class Plugin: ...\n');
});

afterEach(async () => await rm(directory, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
  await utimes(join(directory, path), CHANGED_AT, CHANGED_AT);
}

async function bundle(options: Partial<BundleOptions> = {}) {
  const bundled = await bundlePlugin({ directory, signal, ...options });
  const archive = await openPluginArchive(bundled.path, { source: 'p.zip', signal });
  return { bundled, archive, paths: archive.files.map(({ path }) => path) };
}

describe('bundling a plugin', () => {
  test('packs what the tutorial of the original packs, and nothing that its .racetrackignore names', async () => {
    await write('go_wrapper/swaggerui/swagger-ui.js', 'x');
    await write('go_wrapper/swaggerui/swagger-ui.js.map', 'x');
    await write('go_wrapper/Makefile', 'x');
    await write('go_wrapper/go.sum', 'x');
    await write('go_wrapper/go.mod', 'x');
    await write('.dockerignore', 'x');
    await write('deep/.gitignore', 'x');
    await write('deep/plugin-manifest.yaml', 'x');
    await write('__pycache__/plugin.pyc', 'x');
    await write('.git/config', 'x');
    await write('.racetrackignore', 'go_wrapper/swaggerui/*.map\nMakefile\ngo.sum\n!.git\n');

    const { bundled, archive, paths } = await bundle();

    expect(paths).toEqual([
      '.dockerignore',
      'deep/plugin-manifest.yaml',
      'go_wrapper/go.mod',
      'go_wrapper/swaggerui/swagger-ui.js',
      'plugin-manifest.yaml',
      'plugin.py',
    ]);
    expect(bundled.path).toBe(join(directory, 'golang-job-type-0.0.0.zip'));
    expect(archive.digest).toBe(bundled.digest);
    expect((await archive.readFile('plugin-manifest.yaml')).toString()).toBe(
      "build_date: '2025-06-07T080910Z'\ncomponents: []\nname: golang-job-type\npriority: 0\nurl: https://example.com/go\nversion: 0.0.0\n",
    );
  });

  test.each([
    [
      '-/whole_dir\n+/whole_dir/but_this\n-/whole_dir/but_this/without_that',
      ['whole_dir/but_this/code/a.txt'],
    ],
    ['whole_dir/', []],
    ['but_this/code\nwithout_that\n# a.txt', ['whole_dir/a.txt']],
    ['whole_dir/**/*.txt\n!whole_dir/a.txt', ['whole_dir/a.txt']],
  ])('takes back what %j takes back', async (patterns, expected) => {
    await write('whole_dir/a.txt', '');
    await write('whole_dir/but_this/code/a.txt', '');
    await write('whole_dir/but_this/without_that/a.txt', '');
    await write('.racetrackignore', patterns);

    const { paths } = await bundle();

    expect(paths.filter((path) => path.startsWith('whole_dir'))).toEqual(expected);
  });

  test('twice gives the same bytes, in every time zone, and does not pack the archive of before', async () => {
    const first = await bundle({ outFileName: 'same.plugin' });
    const before = await readFile(first.bundled.path);

    const program = `
      const { bundlePlugin } = await import(process.argv[1]);
      await bundlePlugin({ directory: process.argv[2], outFileName: 'same.plugin', signal: new AbortController().signal });`;
    const module = new URL('./bundle-plugin.ts', import.meta.url).href;
    const args = ['--no-warnings', '--input-type=module', '-e', program, module, directory];
    await run(process.execPath, args, { env: { TZ: 'Pacific/Auckland' } });

    expect(await readFile(first.bundled.path)).toEqual(before);
    expect(first.paths).toEqual(['plugin-manifest.yaml', 'plugin.py']);
    expect(await readdir(directory)).toEqual(['plugin-manifest.yaml', 'plugin.py', 'same.plugin']);
  });

  test('takes version, date and place from its options, and leaves the folder as it is', async () => {
    await mkdir(join(directory, 'dist'));

    const { bundled, archive } = await bundle({
      version: '1.2.3-rc.1',
      outDirectory: join(directory, 'dist'),
      buildDateMs: 0,
    });

    expect(bundled.path).toBe(join(directory, 'dist', 'golang-job-type-1.2.3-rc.1.zip'));
    expect(archive.manifest).toMatchObject({ version: '1.2.3-rc.1', build_date: '1970-01-01T000000Z' });
    expect(await readFile(join(directory, 'plugin-manifest.yaml'), 'utf8')).toContain('version: 0.0.0');
  });

  test('packs linked files as files, keeps programs executable, and says what is left out', async () => {
    await write('run.sh', '#!/bin/sh\n');
    await chmod(join(directory, 'run.sh'), 0o744);
    await mkdir(join(directory, 'shared'));
    await symlink('run.sh', join(directory, 'linked.sh'));
    await symlink('shared', join(directory, 'linked-folder'));
    await symlink('nowhere', join(directory, 'broken'));
    await symlink('/etc/passwd', join(directory, 'outside'));

    const { bundled, archive, paths } = await bundle();

    expect(paths).toEqual(['linked.sh', 'outside', 'plugin-manifest.yaml', 'plugin.py', 'run.sh']);
    expect(archive.files.filter(({ isExecutable }) => isExecutable).map(({ path }) => path)).toEqual([
      'linked.sh',
      'run.sh',
    ]);
    expect(bundled.warnings).toEqual([
      '"broken" is a link that leads nowhere; it is left out',
      '"linked-folder" is a link to a folder; it is left out',
      '"outside" is a link that leads out of the plugin; what it leads to is packed',
    ]);
  });

  test('names everything that is wrong at once', async () => {
    await write('plugin-manifest.yaml', 'name: a b\n');
    await rm(join(directory, 'plugin.py'));
    await write('Data.txt', '');
    await write('data.txt', '');
    await write('back\\slash', '');

    const error: unknown = await bundle({ version: 'x' }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'PLUGIN_INVALID' });
    expect(String(error).replaceAll(directory, 'DIR').split('\n')).toEqual([
      expect.stringContaining('DIR/plugin-manifest.yaml:1: name: "a b" is not a name for a plugin'),
      expect.stringContaining('DIR/plugin-manifest.yaml: version: is missing'),
      'DIR/plugin.py file was not found in a plugin directory, nor one of plugin.js, plugin.mjs, plugin.ts',
      String.raw`"back\\slash" has a backslash in its name; the ZIP was made by a program that writes paths of Windows`,
      '"data.txt" is the same file as "Data.txt" on some systems',
      `--plugin-version: "x" is not a version of the format 'X.Y.Z[-label]'`,
    ]);
    expect((await readdir(directory)).filter((name) => name.endsWith('.zip'))).toEqual([]);
  });

  test('needs the directory that it is told to write to', async () => {
    await expect(bundle({ outDirectory: join(directory, 'dist') })).rejects.toThrow(
      `out directory ${join(directory, 'dist')} doesn't exist`,
    );
  });
});
