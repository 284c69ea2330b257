import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inspectKeys } from './inspect-keys.ts';
import { openKeys, type KeyChecks } from './open-keys.ts';
import { prepareReplacement, readKeys } from './replace-key.ts';
import { TUTORIAL_AUTH_KEY } from './tutorial-key.ts';

describe('openKeys', () => {
  let dataDir: string;
  let facts: Map<string, string>;
  let meta: KeyChecks;
  const pathOf = (name: string) => join(dataDir, 'keys', name);
  const open = async (options: Partial<Parameters<typeof openKeys>[0]> = {}) =>
    await openKeys({ dataDir, meta, ...options });
  const mismatch = expect.objectContaining({ code: 'KEY_MISMATCH' });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'racetrack-keys-'));
    facts = new Map();
    meta = {
      find: async (name) => facts.get(name),
      insertOnce: async (name, value) => void facts.set(name, facts.get(name) ?? value),
    };
  });

  afterEach(async () => {
    await rm(dataDir, { recursive: true });
  });

  test('makes keys for a new store, for the owner alone, and finds them again', async () => {
    const keys = await open();

    expect(keys.secretsKey).toMatch(/^[0-9a-f]{64}$/);
    expect(await open()).toEqual(keys);
    expect((await readFile(pathOf('auth.key'), 'utf8')).trim()).toBe(keys.authKey);
    expect((await stat(pathOf('auth.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(pathOf('secrets.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'keys'))).mode & 0o777).toBe(0o700);
    expect((await readdir(join(dataDir, 'keys'))).sort()).toEqual(['auth.key', 'secrets.key']);
  });

  test('gives several starters at a time the same keys', async () => {
    const all = await Promise.all([open(), open(), open()]);

    expect(new Set(all.map((keys) => JSON.stringify(keys))).size).toBe(1);
  });

  test.each(['auth.key', 'secrets.key'])(
    'refuses to start when %s is gone, and makes no new one',
    async (name) => {
      await open();
      await rename(pathOf(name), pathOf('elsewhere'));

      await expect(open()).rejects.toThrow(mismatch);
      await expect(stat(pathOf(name))).rejects.toThrow('ENOENT');
      await rename(pathOf('elsewhere'), pathOf(name));
      await expect(open()).resolves.toBeDefined();
    },
  );

  test.each([
    ['auth.key', 'x'.repeat(32)],
    ['secrets.key', '0'.repeat(64)],
    ['secrets.key', '0'.repeat(32)],
    ['secrets.key', ''],
    ['auth.key', '\n'],
  ])('refuses to start when %s is another key: %j', async (name, text) => {
    await open();
    await writeFile(pathOf(name), text);

    await expect(open()).rejects.toThrow(mismatch);
    expect(await readFile(pathOf(name), 'utf8')).toBe(text);
    const reports = await inspectKeys({ dataDir }, facts);
    expect(reports.filter(({ state }) => state === 'refused').map((report) => `${report.name}.key`)).toEqual([
      name,
    ]);
  });

  test('an empty file beside a new store is refused too: it was a key once', async () => {
    await open();
    await writeFile(pathOf('auth.key'), '');
    facts.clear();

    await expect(open()).rejects.toThrow('auth.key has to be at least 16 printable characters');
  });

  test('a key from outside has to agree with the file, and the hint says which one fits', async () => {
    const { authKey } = await open();
    const other = 'another-key-0123456789';

    await expect(open({ env: { authKey } })).resolves.toMatchObject({ authKey });
    await expect(open({ env: { authKey: other } })).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
      hint: 'The one in the file fits the store: leave out RACETRACK_AUTH_KEY.',
    });
    await writeFile(pathOf('auth.key'), other);
    await expect(open({ env: { authKey } })).rejects.toMatchObject({
      message: expect.stringContaining('hold different keys'),
      hint: 'The one in RACETRACK_AUTH_KEY fits the store: move the file away.',
    });
    facts.clear();
    await expect(open({ env: { authKey } })).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
  });

  test('takes keys from outside and writes none', async () => {
    const env = { authKey: 'k'.repeat(32), secretsKey: 'ab'.repeat(32) };

    expect(await open({ env })).toEqual(env);
    expect(await readdir(join(dataDir, 'keys'))).toEqual([]);
    await expect(open({ env: { ...env, authKey: 'other-key-0123456789' } })).rejects.toThrow(mismatch);
    await expect(open()).rejects.toThrow(mismatch);
  });

  test.each([
    ['authKey', 'short'],
    ['secretsKey', 'not hexadecimal'],
  ])('refuses a malformed %s without showing it', async (name, value) => {
    const error = await open({ env: { [name]: value } }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(error)).not.toContain(value);
  });

  test('refuses a key that others could read, saying what to do, and closes the directory', async () => {
    await open();
    await chmod(pathOf('auth.key'), 0o644);
    await chmod(join(dataDir, 'keys'), 0o755);

    await expect(open()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining(`chmod 600 ${pathOf('auth.key')}`),
    });
    expect((await stat(pathOf('auth.key'))).mode & 0o777).toBe(0o644);
    expect((await stat(join(dataDir, 'keys'))).mode & 0o777).toBe(0o700);
  });

  test('says of every key how it stands, and makes none', async () => {
    expect(await inspectKeys({ dataDir }, facts)).toEqual([
      { name: 'auth', state: 'new' },
      { name: 'secrets', state: 'new' },
    ]);
    await expect(stat(join(dataDir, 'keys'))).rejects.toThrow('ENOENT');
    await open();
    expect((await inspectKeys({ dataDir }, facts)).map(({ state }) => state)).toEqual(['fits', 'fits']);
  });

  test('refuses a key that is a link to another file', async () => {
    await open();
    await rename(pathOf('auth.key'), pathOf('elsewhere'));
    await symlink(pathOf('elsewhere'), pathOf('auth.key'));

    await expect(open()).rejects.toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  test.each(['auth', 'secrets'] as const)(
    'the %s key is replaced without a moment in which a start finds no key that fits',
    async (name) => {
      const file = `${name}.key`;
      const inForce = async () => (await open())[`${name}Key`];
      const former = await inForce();
      const replacement = await prepareReplacement({ dataDir, meta }, name);
      // Interrupted before the store took it: the former one goes on, and the next attempt makes another.
      expect(await inForce()).toBe(former);
      const second = await prepareReplacement({ dataDir, meta }, name);
      expect(new Set([former, replacement.key, second.key]).size).toBe(3);
      // Interrupted after the store took it: all who look find the new one, and the start puts it in its place.
      facts.set(second.check.name, second.check.value);
      expect((await inspectKeys({ dataDir }, facts)).map(({ state }) => state)).toEqual(['fits', 'fits']);
      expect((await readKeys({ dataDir, meta }))[`${name}Key`]).toBe(second.key);
      expect(await inForce()).toBe(second.key);
      expect((await readFile(pathOf(file), 'utf8')).trim()).toBe(second.key);
      expect((await stat(pathOf(file))).mode & 0o777).toBe(0o600);
      // And so does whoever replaces it again at once.
      const third = await prepareReplacement({ dataDir, meta }, name);
      facts.set(third.check.name, third.check.value);
      const fourth = await prepareReplacement({ dataDir, meta }, name);
      expect(await inForce()).toBe(third.key);
      facts.set(fourth.check.name, fourth.check.value);
      await fourth.finish();
      expect(await inForce()).toBe(fourth.key);
      expect((await readdir(join(dataDir, 'keys'))).sort()).toEqual(['auth.key', 'secrets.key']);
    },
  );

  test('a key from outside is replaced by whoever put it there', async () => {
    const env = { authKey: 'k'.repeat(32) };
    await open({ env });

    await expect(prepareReplacement({ dataDir, meta, env }, 'auth')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('leave the variable out'),
    });
  });

  test('the tutorial gets the published key, and only the tutorial', async () => {
    expect((await open({ tutorial: true })).authKey).toBe(TUTORIAL_AUTH_KEY);
    await expect(open()).rejects.toThrow(mismatch);
    await expect(open({ tutorial: true })).resolves.toBeDefined();
  });

  test('a store in use does not become a tutorial', async () => {
    await open();

    await expect(open({ tutorial: true })).rejects.toThrow(mismatch);
  });

  test('the published key is refused from outside too', async () => {
    await expect(open({ env: { authKey: TUTORIAL_AUTH_KEY } })).rejects.toThrow(mismatch);
  });
});
