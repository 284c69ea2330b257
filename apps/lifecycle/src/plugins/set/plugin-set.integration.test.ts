import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPluginRepository,
  openSqliteStore,
  type InstalledPlugin,
  type PluginRepository,
  type Store,
} from '@racetrack-platform/db';
import { OnDemandHost } from '@racetrack-platform/plugin-engine';
import { bundlePlugin } from '@racetrack-platform/plugin-package';
import { createTemporaryDirectory, waitUntil, type TemporaryDirectory } from '@racetrack-platform/testing';
import { createSealer } from '../../keys/sealer.ts';
import { createPackageFiles } from '../files/create-package-files.ts';
import type { PackageFiles } from '../files/package-files.ts';
import { openPluginSet, type LivePluginSet } from './open-plugin-set.ts';
import { readPlatformPlugin } from './read-platform-plugin.ts';
import { PluginSync } from './sync-plugins.ts';

const QUIET = { info() {}, warn() {}, error() {} };
const SIGNAL = AbortSignal.timeout(120_000);
const sealer = createSealer('5c'.repeat(32));

/** A plugin of one job type and one target, both called as it is; every load of its code leaves a line in its data. */
function sourceOf(name: string, version: string): string {
  return `
import { appendFileSync } from 'node:fs';
export default {
  id: '${name}', version: '${version}', apiVersion: 1, category: 'infrastructure',
  setup({ addJobType, addInfrastructureTarget, addHooks, dataDir, settings }) {
    appendFileSync(dataDir + '/loads', '${version}\\n');
    addJobType({
      name: '${name}', version: '${version}', images: [],
      planNative: async () => { throw new Error('planned by ' + '${version}'); },
    });
    addInfrastructureTarget({
      name: '${name}', runs: 'native', scope: 'shared',
      launch: async () => ({ address: { kind: 'unix', path: '/tmp/none' } }),
      remove: async () => {}, observeAll: async () => [], stats: async () => [],
      async *logs() { for (let line = 0; line < 600; line += 1) yield 'line ' + line; },
    });
    addHooks({ runAction: () => ({ pid: process.pid, settings }) });
  },
};`;
}

/** One platform's view of the plugins, with a directory of its own. */
interface Replica {
  readonly set: LivePluginSet;
  readonly sync: PluginSync;
  readonly files: PackageFiles;
  readonly pluginsDir: string;
}

describe('the plugins of two replicas', () => {
  let directory: TemporaryDirectory;
  let store: Store;
  let first: Replica;
  let second: Replica;
  /** Of the platform's folder, as the first replica has it. */
  const BUNDLED = 'homely';

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    store = await openSqliteStore(join(directory.path, 'store.db'));
    await writeSource(BUNDLED, '1.0.0');
    first = await openReplica('first', [BUNDLED]);
    second = await openReplica('second', []);
  });

  afterAll(async () => {
    for (const { sync, set } of [first, second]) {
      await sync.stop();
      await set.stop();
    }
    await store.close();
    await directory[Symbol.asyncDispose]();
  });

  async function openReplica(name: string, folders: readonly string[]): Promise<Replica> {
    const platformDir = join(directory.path, name);
    const pluginsDir = join(platformDir, 'plugins');
    await mkdir(pluginsDir, { recursive: true });
    const files = await createPackageFiles({
      pluginsDir,
      platformDir,
      readArchive: (digest) => createPluginRepository(store.db).readArchive(digest),
      env: process.env,
      logger: QUIET,
      accounts: { get: async () => await Promise.resolve(null) },
    });
    const bundled = await Promise.all(
      folders.map(async (folder) => {
        const config = { dir: join(directory.path, folder), dataDir: join(pluginsDir, folder), settings: {} };
        return await readPlatformPlugin(config, 'bundled');
      }),
    );
    const shared = { env: process.env };
    const set = await openPluginSet({
      store,
      sealer,
      files,
      logger: QUIET,
      platform: bundled,
      bundled,
      shared,
    });
    const sync = new PluginSync({
      store,
      outage: { isCause: () => false },
      set,
      logger: QUIET,
      isLeader: async () => await Promise.resolve(true),
      intervalMs: 50,
    });
    sync.start();
    return { set, sync, files, pluginsDir };
  }

  async function writeSource(name: string, version: string, folder = name): Promise<string> {
    const source = join(directory.path, folder);
    await mkdir(source, { recursive: true });
    await writeFile(
      join(source, 'plugin-manifest.yaml'),
      `name: ${name}\nversion: ${version}\ncategory: infrastructure\n`,
    );
    await writeFile(join(source, 'plugin.mjs'), sourceOf(name, version));
    return source;
  }

  /** Stores a plugin's ZIP, or `content` in its place, as an installation would. */
  async function archive(name: string, version: string, content?: Buffer): Promise<InstalledPlugin> {
    const outDirectory = join(directory.path, 'zips');
    await mkdir(outDirectory, { recursive: true });
    const source = await writeSource(name, version, `source-${name}`);
    const zip = await bundlePlugin({ directory: source, outDirectory, signal: SIGNAL });
    const bytes = content ?? (await readFile(zip.path));
    const plugins = createPluginRepository(store.db);
    await plugins.putArchivePart(zip.digest, 0, bytes, Date.now());
    await plugins.completeArchive(zip.digest, bytes.length);
    return {
      name,
      version,
      digest: zip.digest,
      sizeBytes: bytes.length,
      language: 'javascript',
      manifest: zip.manifest,
      description: describePlugin(name, version),
      standIn: null,
      isPinned: false,
      installedBy: 'admin',
      installedAt: Date.now(),
    };
  }

  const change = async (work: (plugins: PluginRepository) => Promise<unknown>): Promise<void> =>
    void (await store.transaction(async ({ db }) => await work(createPluginRepository(db))));

  async function install(name: string, version: string, content?: Buffer): Promise<InstalledPlugin> {
    const plugin = await archive(name, version, content);
    await change(async (plugins) => await plugins.put(plugin));
    return plugin;
  }

  const uninstall = async (name: string, version: string): Promise<void> =>
    await change(async (plugins) => await plugins.remove(name, version));

  const jobTypesOf = ({ set }: Replica): string[] => set.jobTypes().map(({ fullName }) => fullName);
  const loadsOf = async ({ pluginsDir }: Replica, name: string): Promise<string[]> => {
    const text = await readFile(join(pluginsDir, 'data', name, 'loads'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  };
  const packagesOf = async ({ pluginsDir }: Replica): Promise<string[]> =>
    await readdir(join(pluginsDir, 'packages'));

  async function act({ set }: Replica, name: string): Promise<{ pid: number; settings: object }> {
    const plugin = set.find(name);
    if (plugin === undefined) throw new Error(`there is no ${name}`);
    const answer = await set.callHook(plugin, 'run_action', { arguments: {} }, SIGNAL);
    return answer as { pid: number; settings: object };
  }

  test('an installed plugin is offered by both, is unpacked by both, and runs where it is called', async () => {
    const { digest } = await install('adder', '1.0.0');

    for (const replica of [first, second]) {
      await waitUntil('the job type', () => jobTypesOf(replica).includes('adder:1.0.0'));
      await waitUntil('its files', async () => (await packagesOf(replica)).includes(digest));
    }
    expect(await loadsOf(second, 'adder')).toEqual([]);
    expect(second.set.jobTypes().find(({ plugin }) => plugin === 'adder')).toMatchObject({
      digest,
      pluginDir: join(second.pluginsDir, 'packages', digest),
    });
    await expect(plan(second, 'adder:1.0.0')).rejects.toThrow('planned by 1.0.0');
    expect(await loadsOf(second, 'adder')).toEqual(['1.0.0']);
    expect(await loadsOf(first, 'adder')).toEqual([]);
  });

  async function plan({ set }: Replica, jobType: string): Promise<unknown> {
    const manifest = { name: 'job', version: '1.0.0', jobtypeExtra: {}, systemDependencies: [] };
    return await set.planNative(jobType, manifest, SIGNAL);
  }

  test('what others change leaves its process alone; killed, it is there again at the next call', async () => {
    const { pid } = await act(second, 'adder');
    await install('other', '1.0.0');
    await waitUntil('the other one', () => jobTypesOf(second).includes('other:1.0.0'));

    expect((await act(second, 'adder')).pid).toBe(pid);
    process.kill(pid, 'SIGKILL');
    await waitUntil('its end', () => !isAlive(pid));
    await waitUntil('another process', async () => {
      return await act(second, 'adder').then(
        ({ pid: next }) => next !== pid,
        () => false,
      );
    });
  });

  test('a target of an installed plugin streams', async () => {
    const target = second.set.target('other');
    const lines = await Array.fromAsync(target.logs('i', { tail: null, follow: false }, SIGNAL));

    expect(lines).toHaveLength(600);
    expect(await target.observeAll(SIGNAL)).toEqual([]);
  });

  test('a configuration is told to the process, which is another one then', async () => {
    const { pid } = await act(second, 'adder');
    const sealedText = sealer.seal('colour: red\n', 'plugin_config:adder');
    const row = { name: 'adder', sealedText, updatedBy: null, updatedAt: Date.now() };
    await change(async (plugins) => await plugins.putConfig(row));

    await waitUntil(
      'another process',
      async () => (await act(second, 'adder').catch(() => ({ pid }))).pid !== pid,
    );
    expect((await act(second, 'adder')).settings).toEqual({ colour: 'red' });
    await waitUntil('the end of the former one', () => !isAlive(pid));
  });

  test('one whose files cannot be prepared is listed with the reason, and harms no other', async () => {
    await install('broken', '1.0.0', Buffer.from('no ZIP at all'));

    await waitUntil('its error', () => typeof second.set.find('broken')?.error === 'string');
    await expect(plan(second, 'broken:1.0.0')).rejects.toMatchObject({ code: 'PLUGIN_INVALID' });
    await expect(plan(second, 'adder:1.0.0')).rejects.toThrow('planned by 1.0.0');
    await uninstall('broken', '1.0.0');
  });

  test('a removed one leaves no process and no file, and can be called no more', async () => {
    const { pid } = await act(second, 'adder');
    await install('adder', '1.1.0');
    await waitUntil('both side by side', () => jobTypesOf(second).includes('adder:1.1.0'));
    await uninstall('adder', '1.0.0');

    await waitUntil('the end of the process', () => !isAlive(pid));
    await waitUntil('the files of the two that are left', async () => {
      return (await packagesOf(second)).length === 2 && (await packagesOf(first)).length === 2;
    });
    expect(jobTypesOf(second)).toEqual(['adder:1.1.0', 'other:1.0.0']);
    await expect(plan(second, 'adder:1.0.0')).rejects.toMatchObject({ code: 'JOB_TYPE_UNKNOWN' });
  });

  test('a process that tried a plugin is taken over, and ended where it does not fit', async () => {
    const { set, files } = first;
    const plugin = await archive('tried', '1.0.0');
    const prepared = await files.prepare(plugin, { config: '', signal: SIGNAL });
    const [trial, surplus] = [new OnDemandHost(prepared.host), new OnDemandHost(prepared.host)];
    await Promise.all([trial.describe(SIGNAL), surplus.describe(SIGNAL)]);
    {
      using _kept = set.reserve(plugin.digest);
      await change(async (plugins) => await plugins.put(plugin));
      set.adopt(prepared, '', trial);
      set.adopt(prepared, 'another: configuration', surplus);
      await set.reload();
    }
    await act(first, 'tried');

    expect([trial.isRunning, surplus.isRunning]).toEqual([true, false]);
    expect(await loadsOf(first, 'tried')).toHaveLength(2);
  });

  test('a bundled one gives way to a package of its name, and to an administrator; others live on', async () => {
    expect(first.set.find(BUNDLED)).toMatchObject({ origin: 'bundled', version: '1.0.0', error: null });
    const { pid } = await act(first, 'other');

    await install(BUNDLED, '0.9.0');
    await waitUntil('the older package', () => first.set.findVersion(BUNDLED, '0.9.0') !== undefined);
    expect(first.set.findVersion(BUNDLED, '0.9.0')?.error).toContain('has taken its place');
    await change(async (plugins) => await plugins.setPinned(BUNDLED, '0.9.0', true));
    await waitUntil('the package alone', () => first.set.find(BUNDLED)?.origin === 'installed');
    expect(jobTypesOf(first)).toContain(`${BUNDLED}:0.9.0`);
    await uninstall(BUNDLED, '0.9.0');
    await waitUntil('the bundled one again', () => first.set.find(BUNDLED)?.origin === 'bundled');
    await expect(plan(first, `${BUNDLED}:1.0.0`)).rejects.toThrow('planned by 1.0.0');

    const removed = { name: BUNDLED, removedBy: 'admin', removedAt: Date.now() };
    await change(async (plugins) => await plugins.putRemoved(removed));
    await waitUntil('none', () => first.set.find(BUNDLED) === undefined);
    expect((await act(first, 'other')).pid).toBe(pid);
  });
});

function describePlugin(name: string, version: string) {
  return {
    dir: '/elsewhere',
    id: name,
    version,
    category: 'infrastructure',
    jobTypes: [{ name, version, isNative: true, images: [] }],
    targets: name === 'other' ? [{ name, runs: 'native', scope: 'shared' }] : [],
    hooks: ['run_action'],
    error: null,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
