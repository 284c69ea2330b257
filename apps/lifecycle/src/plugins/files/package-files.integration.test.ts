import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OnDemandHost } from '@racetrack-platform/plugin-engine';
import { bundlePlugin } from '@racetrack-platform/plugin-package';
import { createTemporaryDirectory, waitUntil, type TemporaryDirectory } from '@racetrack-platform/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPackageFiles, type PackageFilesOptions } from './create-package-files.ts';
import type { PackageFiles, PluginIdentity } from './package-files.ts';

const isRoot = process.getuid?.() === 0;
/** A number that nobody has on a machine; of this process alone, since the kernel counts the processes of a user. */
const NUMBER = 1_879_200_000 + (process.pid % 100_000);
/** Found by this in the list of processes. */
const MARK = `left-${process.pid}`;
const SDK_PLUGIN = `import { definePlugin } from '@racetrack-platform/plugin-sdk';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
type What = { what: string; path: string };
export default definePlugin({
  id: 'toy', version: '1.0.0', apiVersion: 1, category: 'core',
  settingsSchema: { type: 'object', properties: { colour: { type: 'string' } }, additionalProperties: false },
  setup({ addHooks, settings, dataDir, platform }) {
    const actions: Record<string, (path: string) => unknown> = {
      settings: () => ({ settings, platform, uid: process.getuid?.() }),
      read: (path) => readFileSync(path, 'utf8'),
      write: (path) => writeFileSync(path, 'x'),
      keep: () => writeFileSync(dataDir + '/kept', 'x'),
      kept: () => readFileSync(dataDir + '/kept', 'utf8'),
      block: () => {
        rmSync(dataDir + '/config.yaml');
        mkdirSync(dataDir + '/config.yaml/deep', { recursive: true });
      },
      leave: () => {
        spawn(process.execPath, ['-e', '/*${MARK}*/ setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      },
      fill: () => { const all = []; for (let i = 0; i < 64; i += 1) all.push(Buffer.alloc(64 * 1024 * 1024)); },
    };
    addHooks({ runAction: ({ what, path }) => actions[String(what)]?.(String(path)) });
  },
});
`;

/** Builds a package from a folder: writes there, as setuptools does, and leaves a file whose name is no text. */
const BACKEND = `import os, zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    open('written', 'w').close()
    open(os.path.join(os.fsencode(os.environ['HOME']), b'bad-\\xff'), 'w').close()
    name = 'toy_source-1.0-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(directory, name), 'w') as z:
        z.writestr('toy_source.py', 'WORD = ", open"\\n')
        z.writestr('toy_source-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: toy-source\\nVersion: 1.0\\n')
        z.writestr('toy_source-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        z.writestr('toy_source-1.0.dist-info/RECORD', '')
    return name
`;

describe('files of installed plugins', () => {
  let directory: TemporaryDirectory;
  const hosts: OnDemandHost[] = [];
  const warnings: string[] = [];
  const archives = new Map<string, string>();
  const signal = AbortSignal.timeout(60_000);

  beforeEach(async () => {
    directory = await createTemporaryDirectory();
    // Accounts of their own have to be able to pass.
    chmodSync(directory.path, 0o755);
    mkdirSync(join(directory.path, 'data', 'keys'), { recursive: true });
    writeFileSync(join(directory.path, 'data', 'keys', 'secret'), 'sesame', { mode: 0o600 });
    warnings.length = 0;
  });
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map(async (host) => await host.stop()));
    await directory[Symbol.asyncDispose]();
  });

  const open = async (options: Partial<PackageFilesOptions> = {}): Promise<PackageFiles> =>
    await createPackageFiles({
      pluginsDir: join(directory.path, 'data', 'plugins'),
      platformDir: join(directory.path, 'data'),
      readArchive: readArchive,
      env: process.env,
      logger: { info() {}, warn: (_fields, message) => void warnings.push(message), error() {} },
      accounts: { get: async () => await Promise.resolve(isRoot ? { uid: NUMBER, gid: NUMBER } : null) },
      ...options,
    });

  async function* readArchive(digest: string): AsyncGenerator<Uint8Array> {
    yield await readFile(archives.get(digest) ?? '');
  }

  async function bundle(files: Readonly<Record<string, string | Buffer>>): Promise<PluginIdentity> {
    const source = join(directory.path, 'source');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(source, name)), { recursive: true });
      writeFileSync(join(source, name), text);
    }
    writeFileSync(join(source, 'plugin-manifest.yaml'), 'name: toy\nversion: 1.0.0\ncategory: core\n');
    const { path, digest, manifest } = await bundlePlugin({
      directory: source,
      outDirectory: directory.path,
      signal,
    });
    archives.set(digest, path);
    const language = 'plugin.py' in files ? 'python' : 'javascript';
    return { name: 'toy', version: '1.0.0', digest, language, manifest: { ...manifest } };
  }

  async function start(files: PackageFiles, plugin: PluginIdentity, config = ''): Promise<OnDemandHost> {
    const prepared = await files.prepare(plugin, { config, signal });
    const host = new OnDemandHost(prepared.host);
    hosts.push(host);
    return host;
  }

  const act = async (host: OnDemandHost, what: string, path = ''): Promise<unknown> =>
    await host.callHook('toy', 'run_action', { arguments: { what, path } }, { timeoutMs: 20_000, signal });

  test('are unpacked once for all who ask, also by two processes, and are gone when nobody needs them', async () => {
    const [one, other] = [await open(), await open()];
    const plugin = await bundle({ 'plugin.ts': SDK_PLUGIN });

    const prepared = await Promise.all(
      [one, one, other].map(async (files) => await files.prepare(plugin, { config: '', signal })),
    );

    const packages = join(directory.path, 'data/plugins/packages');
    expect(new Set(prepared.map(({ dir }) => dir))).toEqual(new Set([one.directoryOf(plugin.digest)]));
    expect(await readdir(packages)).toEqual([plugin.digest]);
    expect(statSync(join(packages, plugin.digest, 'plugin.ts')).mode & 0o777).toBe(0o444);
    await one.collect(new Set([plugin.digest]));
    expect(await readdir(packages)).toEqual([plugin.digest]);
    mkdirSync(join(directory.path, 'data/plugins/work/999999999-cut-off/x'), { recursive: true });
    await one.collect(new Set());
    expect(await readdir(packages)).toEqual([]);
    expect(await readdir(join(directory.path, 'data/plugins/work'))).toEqual([]);
  });

  test('that are not what was installed, or no configuration, are refused and leave nothing', async () => {
    const files = await open();
    const plugin = await bundle({ 'plugin.ts': SDK_PLUGIN });
    const other = { ...plugin, digest: '0'.repeat(64) };
    archives.set(other.digest, archives.get(plugin.digest) ?? '');

    await expect(files.prepare(other, { config: '', signal })).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
    });
    await expect(files.prepare(plugin, { config: '- a list', signal })).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      hint: expect.stringContaining('mapping') as string,
    });
    expect(await readdir(join(directory.path, 'data/plugins/work'))).toEqual([]);
    expect(await readdir(join(directory.path, 'data/plugins/packages'))).toEqual([]);
  });

  test('a plugin in TypeScript imports the SDK, gets its settings, and keeps its data over versions', async () => {
    const files = await open();
    const plugin = await bundle({ 'plugin.ts': SDK_PLUGIN });
    const host = await start(files, plugin, '# mine\ncolour: red\n');

    expect(await act(host, 'settings')).toMatchObject({ settings: { colour: 'red' }, platform: {} });
    await act(host, 'keep');
    // Memory outside of the heap is bounded as well: 4 GiB are not to be had.
    await expect(act(host, 'fill')).rejects.toThrow(/allocat/i);
    // A plugin that puts something else in the place of its configuration gets it all the same.
    await act(host, 'block');
    await host.stop();
    const again = await start(files, plugin);
    expect(await act(again, 'kept')).toBe('x');
    expect(await act(again, 'settings')).toMatchObject({ settings: {} });
    expect(readFileSync(join(directory.path, 'data/plugins/data/toy/config.yaml'), 'utf8')).toBe('');

    const refused = await start(files, plugin, 'color: red\n');
    expect(await refused.describe(signal)).toMatchObject({
      error: expect.stringContaining('settings.color is not known') as string,
    });
  });

  test.each(['python3', 'golang', 'rust', 'node'])(
    'a pinned version of a bundled plugin works like that one: %s',
    async (jobType) => {
      const files = await open();
      const dir = fileURLToPath(new URL(`../../../../../plugins/job-type-${jobType}`, import.meta.url));
      const { path, digest, manifest } = await bundlePlugin({
        directory: dir,
        outDirectory: directory.path,
        signal,
      });
      archives.set(digest, path);
      const dataDir = join(directory.path, 'bundled');
      const pinned = { dir, dataDir, settings: {}, platform: { isolation: 'off' } };
      const { name, version } = manifest;
      const identity = { name, version, digest, language: 'javascript', manifest: { ...manifest } } as const;

      const prepared = await files.prepare(identity, { config: '', pinned, signal });
      const host = new OnDemandHost(prepared.host);
      hosts.push(host);

      expect(await host.describe(signal)).toMatchObject({
        error: null,
        jobTypes: [{ name: jobType, version }],
      });
      expect(prepared.dataDir).toBe(dataDir);
    },
  );

  test('what a Python plugin requires is installed once, also under its own account; pip is quoted when it fails', async () => {
    const files = await open();
    const wheel = 'toy_dep-1.0-py3-none-any.whl';
    const plugin = await bundle({
      'plugin.py': `import os, toy_dep, toy_source
class Plugin:
    def run_action(self, what, path):
        return {'word': toy_dep.WORD + toy_source.WORD, 'uid': os.getuid(), 'config': self.config_path.read_text()}
`,
      'requirements.txt': `${wheel}\nsource/\n`,
      [wheel]: await makeWheel(),
      'source/pyproject.toml':
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
      'source/backend.py': BACKEND,
    });
    const environments = join(directory.path, 'data/plugins/environments');

    const prepared = await Promise.all(
      ['', 'a: 1\n'].map(async (config) => await files.prepare(plugin, { config, signal })),
    );
    const host = await start(files, plugin, 'a: 1\n');

    expect(await act(host, 'x')).toEqual({
      word: 'sesame, open',
      uid: isRoot ? NUMBER : process.getuid?.(),
      config: 'a: 1\n',
    });
    expect(prepared.map(({ host: { program } }) => program.args)).toHaveLength(2);
    // One environment, and the link that says that it is whole.
    expect(await readdir(environments)).toHaveLength(2);
    await files.collect(new Set([plugin.digest]));
    expect(await readdir(environments)).toHaveLength(2);

    const broken = await bundle({ 'requirements.txt': './missing.whl\n' });
    await expect(
      files.prepare({ ...broken, language: 'python' }, { config: '', signal }),
    ).rejects.toMatchObject({
      code: 'PLUGIN_REQUIREMENTS',
      message: expect.stringContaining('missing.whl') as string,
    });
    await files.collect(new Set());
    expect(await readdir(environments)).toEqual([]);
  });

  test.for(['auto', 'off'] as const)(
    'a hostile plugin reads no keys and changes no package (namespaces: %s)',
    async (namespaces, { skip }) => {
      skip(!isRoot, 'plugins have accounts of their own only where the platform is root');
      const files = await open({ namespaces });
      const plugin = await bundle({ 'plugin.ts': SDK_PLUGIN });
      const host = await start(files, plugin);
      const inside = join(files.directoryOf(plugin.digest), 'plugin.ts');

      expect(await act(host, 'settings')).toMatchObject({ uid: NUMBER });
      await expect(act(host, 'read', join(directory.path, 'data/keys/secret'))).rejects.toThrow(
        /EACCES|ENOENT/,
      );
      await expect(act(host, 'write', inside)).rejects.toThrow(/EACCES|EROFS/);
      await expect(act(host, 'write', `${inside}.new`)).rejects.toThrow(/EACCES|EROFS/);
      expect(warnings).toEqual([]);
      await act(host, 'leave');
      await host.stop();
      await waitUntil('what it left', async () => !(await listCommands()).includes(MARK));
    },
  );

  test('what a plugin leaves behind ends with it, also where it is the user of the platform', async () => {
    const files = await open({ accounts: { get: async () => await Promise.resolve(null) } });
    const host = await start(files, await bundle({ 'plugin.ts': SDK_PLUGIN }));
    await act(host, 'leave');
    expect(await listCommands()).toContain(MARK);

    await host.stop();

    await waitUntil('what it left', async () => !(await listCommands()).includes(MARK));
    expect(warnings).toEqual([]);
  });
});

/** A package of Python with one word in it. */
async function makeWheel(): Promise<Buffer> {
  const script = `import sys, zipfile
with zipfile.ZipFile(sys.stdout.buffer, 'w') as z:
    z.writestr('toy_dep.py', 'WORD = "sesame"\\n')
    z.writestr('toy_dep-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: toy-dep\\nVersion: 1.0\\n')
    z.writestr('toy_dep-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    z.writestr('toy_dep-1.0.dist-info/RECORD', '')
`;
  return await new Promise((resolve, reject) => {
    execFile('python3', ['-c', script], { encoding: 'buffer' }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
}

async function listCommands(): Promise<string> {
  return (await promisify(execFile)('ps', ['-axo', 'args='])).stdout;
}
