import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createMetaRepository,
  createPluginRepository,
  createSettingRepository,
  openSqliteStore,
  type Store,
} from '@racetrack-platform/db';
import { openKeys } from '@racetrack-platform/keys';
import { createTemporaryDirectory, type TemporaryDirectory } from '@racetrack-platform/testing';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';
import { encodeFrame, readFrames, type Frame } from './frames.ts';
import { runBackup } from './run-backup.ts';
import { claimScratchDirectory } from './scratch-directory.ts';
import { createMac, wrapKeys, type KeyFiles } from './wrap-keys.ts';

const PASSPHRASE = 'correct horse battery';

/** More than one frame of a backup, and no text. */
const ARCHIVE = Buffer.alloc(700_000, 'PK\x03\x04\0\xff', 'latin1');
const PLUGIN = {
  name: 'toy',
  version: '1.0.0',
  digest: 'c0ffee',
  sizeBytes: ARCHIVE.length,
  language: 'javascript',
  manifest: { name: 'toy' },
  description: { jobTypes: [] },
  standIn: null,
  isPinned: false,
  installedBy: 'ann',
  installedAt: 5,
} as const;
const CONFIG = { name: 'toy', sealedText: 'v1.sealed', updatedBy: 'ann', updatedAt: 6 };

async function installPlugin(store: Store): Promise<void> {
  const archives = createPluginRepository(store.db);
  for (const [part, start] of [0, 400_000].entries())
    await archives.putArchivePart(PLUGIN.digest, part, ARCHIVE.subarray(start, start + 400_000), 1);
  await archives.completeArchive(PLUGIN.digest, PLUGIN.sizeBytes);
  await store.transaction(async ({ db }) => {
    await createPluginRepository(db).put(PLUGIN);
    await createPluginRepository(db).putConfig(CONFIG);
  });
}

async function run(kind: 'backup' | 'restore', dataDir: string, file: string, passphrase = PASSPHRASE) {
  let out = '';
  const deps = {
    dataDir,
    env: { RACETRACK_BACKUP_PASSPHRASE: passphrase },
    version: '1.2.3',
    writeOut: (text: string) => void (out += text),
    writeErr: (text: string) => void (out += text),
  };
  await runBackup(deps, { kind, file, passphraseFile: undefined });
  return out;
}

describe('npm start -- backup and restore', () => {
  let directory: TemporaryDirectory;
  let dataDir: string;
  let file: string;
  let said: string;
  let attempts = 0;

  const inside = (name: string) => join(directory.path, name);
  async function writePluginFile(path: string, text: string): Promise<void> {
    const place = join(dataDir, 'plugins', path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text);
  }
  /** Restores a file to somewhere new; answers the error, and what is left there. */
  async function refuse(from: string, passphrase = PASSPHRASE) {
    const target = inside(`refused-${(attempts += 1)}`);
    const before = await readdir(directory.path);
    const error: unknown = await run('restore', target, from, passphrase).catch((thrown: unknown) => thrown);
    return { error, left: (await readdir(directory.path)).filter((name) => !before.includes(name)) };
  }

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    dataDir = inside('data');
    file = inside('first.backup');
    await mkdir(join(dataDir, 'store'), { recursive: true });
    await mkdir(join(dataDir, 'plugins/toy'), { recursive: true });
    await writeFile(join(dataDir, 'plugins/toy/state.json'), '{"a":1}', { mode: 0o640 });
    await symlink('/etc/passwd', join(dataDir, 'plugins/toy/link'));
    await writeFile(join(dataDir, 'host-id'), 'of-the-first\n');
    const store = await openSqliteStore(join(dataDir, 'store/racetrack.db'));
    await openKeys({ dataDir, meta: createMetaRepository(store.db) });
    await createSettingRepository(store.db).set('note', 'kept');
    await installPlugin(store);
    await store.close();
    // What a server makes of that again; the text of the configuration is not for everyone who reads the backup.
    for (const path of [
      'packages/c0ffee/plugin.js',
      'environments/e/lib.py',
      'work/x/plugin.zip',
      'data/toy/config.yaml',
    ])
      await writePluginFile(path, 'password: of-toy');
    await writePluginFile('data/toy/notes.txt', 'kept');
    // As beside a running platform.
    const lock = await acquireDataDirectoryLock(dataDir);
    said = await run('backup', dataDir, file);
    await lock.release();
  });

  afterAll(async () => await directory[Symbol.asyncDispose]());

  test('another data directory becomes the same, with its own identity', async () => {
    const target = inside('second');
    await mkdir(target);
    expect(await run('restore', target, file)).toContain('Restored');

    for (const name of ['auth.key', 'secrets.key']) {
      expect(await readFile(join(target, 'keys', name), 'utf8')).toBe(
        await readFile(join(dataDir, 'keys', name), 'utf8'),
      );
      expect((await stat(join(target, 'keys', name))).mode & 0o777).toBe(0o600);
    }
    expect(await readFile(join(target, 'plugins/toy/state.json'), 'utf8')).toBe('{"a":1}');
    expect((await readdir(target)).sort()).toEqual(['keys', 'plugins', 'store']);
    expect((await readdir(join(target, 'plugins'), { recursive: true })).sort()).toEqual([
      'data',
      'data/toy',
      'data/toy/notes.txt',
      'toy',
      'toy/state.json',
    ]);
    const store = await openSqliteStore(join(target, 'store/racetrack.db'));
    expect(await createSettingRepository(store.db).find('note')).toBe('kept');
    const plugins = createPluginRepository(store.db);
    expect(await plugins.list()).toEqual([PLUGIN]);
    expect(Buffer.concat(await Array.fromAsync(plugins.readArchive(PLUGIN.digest)))).toEqual(ARCHIVE);
    expect(await plugins.listConfigs()).toEqual([CONFIG]);
    await store.close();
  });

  test('the file is for its owner, shows no key, follows no link, and is never written over', async () => {
    expect(said).toContain(
      'left out, for it is neither a file nor a folder with a plain name: plugins/toy/link',
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = gunzipSync(await readFile(file)).toString('latin1');
    for (const name of ['auth.key', 'secrets.key']) {
      expect(text).not.toContain((await readFile(join(dataDir, 'keys', name), 'utf8')).trim());
    }
    expect(text).not.toContain('root:');
    expect(text).not.toContain('of-toy');
    await expect(run('backup', dataDir, file)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect((await readdir(directory.path)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('refuses a short passphrase, a wrong one, and a directory in use', async () => {
    await expect(run('backup', dataDir, inside('x'), 'short')).rejects.toMatchObject({ code: 'USAGE' });
    expect(await refuse(file, 'another passphrase')).toMatchObject({
      error: { code: 'PASSPHRASE_WRONG' },
      left: [],
    });
    await expect(run('restore', dataDir, file)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  test('refuses a file that is cut off anywhere, or is none, and leaves nothing', async () => {
    const { header, keys, rest, seal } = await open(file);
    const whole = seal([header, keys, ...rest]);
    const damaged = inside('damaged');
    for (const bytes of [
      whole.subarray(0, whole.length / 2),
      whole.subarray(0, whole.length - 1),
      Buffer.from('PK hello'),
      gzipSync('hello, this is text'),
      gzipSync(json({})),
      gzipSync(Buffer.concat([header, keys, ...rest])),
      Buffer.alloc(0),
    ]) {
      await writeFile(damaged, bytes);
      expect(await refuse(damaged)).toMatchObject({ error: { code: 'BACKUP_INVALID' }, left: [] });
    }
    expect(await refuse(inside('none'))).toMatchObject({ error: { code: 'USAGE' }, left: [] });
  });

  test('refuses what was altered, what is newer, and paths that lead elsewhere', async () => {
    const { header, keys, rest, mac, seal } = await open(file);
    const forged = inside('forged');
    const refuseBytes = async (bytes: Buffer) => {
      await writeFile(forged, bytes);
      return await refuse(forged);
    };
    const altered = rest.map((bytes) =>
      Buffer.from(bytes.toString('latin1').replace('kept', 'kepT'), 'latin1'),
    );
    const proof = mac([header, keys, ...rest]);
    const newer = json({ ...JSON.parse(String(header.subarray(5))), version: 3 });

    expect(await refuseBytes(gzipSync(Buffer.concat([header, keys, ...altered, proof])))).toMatchObject({
      error: { message: expect.stringContaining('altered') },
      left: [],
    });
    expect(
      await refuseBytes(gzipSync(Buffer.concat([header, keys, ...rest.slice(0, -3), proof]))),
    ).toMatchObject({
      error: { message: expect.stringContaining('altered') },
      left: [],
    });
    expect(await refuseBytes(seal([newer, keys, ...rest]))).toMatchObject({
      error: { message: expect.stringContaining('newer release') },
      left: [],
    });
    const hostile = [
      '../evil',
      'plugins/../../evil',
      '/etc/evil',
      'keys/auth.key',
      'plugins',
      'plugins//a',
      'a\\b',
    ];
    for (const path of hostile) {
      const body = [header, keys, json({ file: path, mode: 0o644 }), json({ end: path, bytes: 0 })];
      expect(await refuseBytes(seal(body))).toMatchObject({
        error: { message: expect.stringContaining('path') },
        left: [],
      });
    }
  });

  test('refuses links and folders that lead elsewhere, and takes no file for what it is not', async () => {
    const { header, keys, rest, seal } = await open(file);
    const forged = inside('forged-links');
    const tree = 'builds/environments/e/tree';
    const hostile: readonly (readonly Record<string, unknown>[])[] = [
      [{ link: `${tree}/../../../evil`, target: 'x' }],
      [{ link: 'plugins/evil', target: 'x' }],
      [{ link: 'keys/auth.key', target: '/etc/passwd' }],
      [{ folder: 'plugins/evil', mode: 0o777 }],
      [{ folder: '../evil', mode: 0o777 }],
      [{ folder: 'builds/workspaces', mode: 0o755 }],
      [{ file: 'builds/evil', mode: 0o644 }],
      [{ file: `${tree}/x`, mode: 0o6755 }],
      [{ device: `${tree}/zero`, major: 1 }],
      // Made wherever the first one leads, if it were made.
      [
        { link: `${tree}/a`, target: directory.path },
        { link: `${tree}/a/evil`, target: 'x' },
      ],
    ];
    for (const frames of hostile) {
      await writeFile(forged, seal([header, keys, ...rest, ...frames.map(json)]));
      expect({ frames, ...(await refuse(forged)) }).toMatchObject({
        frames,
        error: { code: 'BACKUP_INVALID' },
        left: [],
      });
    }
  });

  test('removes entries with links and names that are of no use, and restores everything else', async () => {
    const own = await readdir(join(dataDir, 'keys'));
    const texts = own.map(async (name) => [name, await readFile(join(dataDir, 'keys', name), 'utf8')]);
    const { header, keys, rest, seal } = await open(file, Object.fromEntries(await Promise.all(texts)));
    const target = inside('without-some');
    const links = {
      up: '../../../../../etc',
      beside: '../../f/tree',
      zero: '..\0',
      hidden: 'lib/../../../../..',
      keys: `${target}/builds/../keys/auth.key`,
      twice: 'a',
    };
    const entry = (name: string) => `builds/environments/${name}`;
    const empty = (path: string) => [
      { file: path, mode: 0o644 },
      { end: path, bytes: 0 },
    ];
    const frames = [
      ...Object.entries(links).map(([name, to]) => ({ link: `${entry(name)}/tree/a`, target: to })),
      { link: `${entry('twice')}/tree/a`, target: 'b' },
      ...empty(`${entry('long')}/${'x'.repeat(300)}/file`),
      { link: `${entry('sound')}/tree/python`, target: process.execPath },
      ...[...Object.keys(links), 'long', 'sound'].flatMap((name) => empty(`${entry(name)}/complete.json`)),
    ];
    await writeFile(inside('odd'), seal([header, keys, ...rest, ...frames.map(json)]));
    const told = await run('restore', target, inside('odd'));

    for (const name of [...Object.keys(links), 'long'])
      expect(told).toContain(`of no use here: ${entry(name)}: `);
    expect(told).toContain('leads out of it');
    expect(told).toContain('cannot be made here (ENAMETOOLONG)');
    expect(await readdir(join(target, 'builds/environments'))).toEqual(['sound']);
    expect(await readdir(join(target, 'plugins/toy'))).toEqual(['state.json']);
  });

  test('spends no more on a passphrase than our own backups ask for', async () => {
    const { header, keys, rest, seal } = await open(file);
    const dear = { ...JSON.parse(String(keys.subarray(5))), cost: 1 << 18 };
    await writeFile(inside('dear'), seal([header, json(dear), ...rest]));

    expect(await refuse(inside('dear'))).toMatchObject({ error: { code: 'BACKUP_INVALID' }, left: [] });
  });

  test('a killed restore is begun again', async () => {
    const aside = inside('.third.restoring');
    await claimScratchDirectory(aside);
    await mkdir(join(aside, 'store'));
    await writeFile(join(aside, 'store/racetrack.db'), 'half of it');
    await run('restore', inside('third'), file);

    expect((await readdir(directory.path)).filter((name) => name.includes('third'))).toEqual(['third']);
    expect((await readdir(inside('third'))).sort()).toEqual(['keys', 'plugins', 'store']);
  });

  test.each<[string, (aside: string, victim: string) => Promise<void>]>([
    ['a link', async (aside, victim) => await symlink(victim, aside)],
    [
      'a link to a folder of a killed restore',
      async (aside, victim) => {
        await claimScratchDirectory(`${aside}.real`);
        await symlink(`${aside}.real`, aside);
        await symlink(victim, join(`${aside}.real`, 'store'));
      },
    ],
    [
      'a folder that others may write to',
      async (aside) => {
        await claimScratchDirectory(aside);
        await chmod(aside, 0o777);
      },
    ],
    ['a folder that no restore made', async (aside) => await mkdir(aside, { mode: 0o700 })],
    ['a file', async (aside) => await writeFile(aside, 'precious')],
  ])('builds in nothing that somebody else put there: %s', async (what, plant) => {
    const name = what.replaceAll(' ', '-');
    const victim = inside(`victim-of-${name}`);
    await mkdir(victim);
    await writeFile(join(victim, 'precious'), 'kept');
    const aside = inside(`.${name}.restoring`);
    await plant(aside, victim);
    const before = await lstat(aside);

    await expect(run('restore', inside(name), file)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining(aside),
      hint: expect.stringContaining('--data-dir'),
    });
    expect(await readFile(join(victim, 'precious'), 'utf8')).toBe('kept');
    expect(await lstat(aside)).toEqual(before);
    expect(await readdir(directory.path)).not.toContain(name);
  });

  test('builds in no folder of another user', async () => {
    const aside = inside('.fourth.restoring');
    await claimScratchDirectory(aside);
    const stranger = (process.getuid?.() ?? 0) + 1;

    await expect(claimScratchDirectory(aside, stranger)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });
});

async function readAll(path: string): Promise<Frame[]> {
  const bytes = gunzipSync(await readFile(path));
  const frames: Frame[] = [];
  const chunks = (async function* () {
    yield bytes;
  })();
  for await (const frame of readFrames(chunks)) frames.push(frame);
  return frames;
}

const json = (value: unknown): Buffer => encodeFrame('json', Buffer.from(JSON.stringify(value)));

/** The frames of a backup with other keys, under the same passphrase at a low cost, and the means to prove any frames. */
async function open(path: string, keyFiles: KeyFiles = { 'auth.key': 'k'.repeat(32) }) {
  const [first, , ...others] = await readAll(path);
  if (first === undefined) throw new Error('there are no frames');
  const cheap = { cost: 1024, blockSize: 8, parallelization: 1 };
  const { wrapped, secrets } = await wrapKeys(keyFiles, PASSPHRASE, first.payload, cheap);
  const mac = (frames: readonly Buffer[]): Buffer => {
    const hmac = createMac(secrets);
    for (const bytes of frames) hmac.update(bytes);
    return json({ mac: hmac.digest('base64url') });
  };
  return {
    header: first.bytes,
    keys: json(wrapped),
    rest: others.slice(0, -1).map(({ bytes }) => bytes),
    mac,
    seal: (frames: readonly Buffer[]) => gzipSync(Buffer.concat([...frames, mac(frames)])),
  };
}
