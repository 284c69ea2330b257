import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPluginRepository, openStore, type InstalledPlugin, type PluginRepository } from '../index.ts';
import { describeStores } from '../testing/describe-stores.ts';

const PART_BYTES = 512 * 1024;

const aPlugin = (digest: string, change: Partial<InstalledPlugin> = {}): InstalledPlugin => ({
  name: 'golang',
  version: '1.2.0',
  digest,
  sizeBytes: 3,
  language: 'python',
  manifest: { name: 'golang', priority: 7 },
  description: { jobTypes: ['golang:1.2.0'] },
  standIn: null,
  isPinned: false,
  installedBy: 'ann',
  installedAt: 5,
  ...change,
});

describeStores('the store of plugins', (fixture) => {
  const plugins = () => createPluginRepository(fixture.store.db);
  const change = async <T>(work: (plugins: PluginRepository) => Promise<T>): Promise<T> =>
    (await fixture.store.transaction(async (trx) => await work(createPluginRepository(trx.db)))).result;

  async function addArchive(content: Uint8Array = Buffer.from('zip'), now = 1): Promise<string> {
    const digest = createHash('sha256').update(content).digest('hex');
    for (let start = 0, part = 0; start < content.length; start += PART_BYTES, part += 1)
      await plugins().putArchivePart(digest, part, content.subarray(start, start + PART_BYTES), now);
    await plugins().completeArchive(digest, content.length);
    return digest;
  }

  /** Whether others are told to look again. */
  async function isSeen(work: (plugins: PluginRepository) => Promise<unknown>): Promise<boolean> {
    const before = await plugins().revision();
    await change(work);
    return (await plugins().revision()) !== before;
  }

  test('holds several versions side by side, and the newest of what was put as the same version', async () => {
    const [first, second] = [await addArchive(), await addArchive(Buffer.from('piz'))];
    const later = aPlugin(first, {
      version: '1.10.0',
      description: null,
      standIn: 'docker',
      installedBy: null,
    });
    await change(async (those) => await those.put(aPlugin(first)));
    await change(async (those) => await those.put(later));
    await change(
      async (those) => await those.put(aPlugin(second, { language: 'javascript', isPinned: true })),
    );

    const replaced = aPlugin(second, { language: 'javascript', isPinned: true });
    expect(await plugins().list()).toEqual([later, replaced]);
    expect(await plugins().find('golang', '1.2.0')).toEqual(replaced);
    expect(await plugins().find('golang', '1.3.0')).toBeUndefined();
  });

  test('reads an archive back byte for byte, whatever the order in which its parts came', async () => {
    const content = randomBytes(2 * PART_BYTES + 17);
    const digest = createHash('sha256').update(content).digest('hex');
    const put = async (part: number, data = content.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)) =>
      await plugins().putArchivePart(digest, part, data, 1);
    await put(0, Buffer.from('broken off'));
    for (const part of [2, 1]) await put(part);
    await expect(plugins().completeArchive(digest, content.length)).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
    });
    expect(await plugins().hasArchive(digest)).toBe(false);
    await put(0);
    await plugins().completeArchive(digest, content.length);

    expect(await plugins().hasArchive(digest)).toBe(true);
    const parts = await Array.fromAsync(plugins().readArchive(digest));
    expect(parts.map((part) => part.length)).toEqual([PART_BYTES, PART_BYTES, 17]);
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    await expect(put(3, Buffer.alloc(PART_BYTES + 1))).rejects.toThrow(RangeError);
  });

  test('takes no plugin whose archive is not whole, and hands out none as if it were', async () => {
    await plugins().putArchivePart('half', 0, Buffer.from('zi'), 1);
    for (const digest of ['half', 'none']) {
      await expect(change(async (those) => await those.put(aPlugin(digest)))).rejects.toMatchObject({
        code: 'PLUGIN_UNAVAILABLE',
      });
      await expect(Array.fromAsync(plugins().readArchive(digest))).rejects.toMatchObject({
        code: 'PLUGIN_UNAVAILABLE',
      });
    }
    expect([await plugins().list(), await plugins().revision()]).toEqual([[], '']);
  });

  test('removes archives that no plugin needs any more, and none that an installation is about to need', async () => {
    const [used, left] = [await addArchive(), await addArchive(Buffer.from('left'), 70)];
    await plugins().putArchivePart('half', 0, Buffer.from('zi'), 90);
    await change(async (those) => await those.put(aPlugin(used)));
    const removeUnused = async (before: number) =>
      await change(async (those) => await those.removeUnusedArchives(before));
    const known = async () => [
      await plugins().hasArchive(used),
      await plugins().hasArchive(left),
      (await fixture.store.db.selectFrom('plugin_archive_part').select('digest').execute()).length,
    ];

    expect([await removeUnused(70), await known()]).toEqual([0, [true, true, 3]]);
    expect([await removeUnused(80), await known()]).toEqual([1, [true, false, 2]]);
    await change(async (those) => await those.remove('golang', '1.2.0'));
    expect([await removeUnused(0), await known()]).toEqual([1, [false, false, 1]]);
    expect([await removeUnused(91), await known()]).toEqual([1, [false, false, 0]]);
  });

  test('keeps the configuration of a plugin that is removed, and who took out one of the platform first', async () => {
    const digest = await addArchive();
    const config = { name: 'golang', sealedText: 'v1.x', updatedBy: 'ann', updatedAt: 3 };
    await change(async (those) => await those.put(aPlugin(digest)));
    await change(async (those) => await those.putConfig({ ...config, sealedText: 'v1.old' }));
    await change(async (those) => await those.putConfig(config));
    expect(await change(async (those) => await those.remove('golang', '1.2.0'))).toBe(true);

    expect(await plugins().findConfig('golang')).toEqual(config);
    expect(await plugins().listConfigs()).toEqual([config]);
    expect(await plugins().findConfig('rust')).toBeUndefined();
    const removed = { name: 'python3', removedBy: 'ann', removedAt: 8 };
    await change(async (those) => await those.putRemoved(removed));
    await change(async (those) => await those.putRemoved({ ...removed, removedBy: 'ben' }));
    expect(await plugins().listRemoved()).toEqual([removed]);
    expect(await change(async (those) => await those.deleteRemoved('python3'))).toBe(true);
    expect(await change(async (those) => await those.deleteRemoved('python3'))).toBe(false);
  });

  test('has a new revision after everything that others see, and after nothing else', async () => {
    const digest = await addArchive();
    const config = { name: 'golang', sealedText: 'v1.x', updatedBy: 'ann', updatedAt: 3 };
    const removed = { name: 'python3', removedBy: 'ann', removedAt: 8 };
    const seen: readonly ((those: PluginRepository) => Promise<unknown>)[] = [
      async (those) => await those.put(aPlugin(digest)),
      async (those) => await those.setDescription(aPlugin(digest), { jobTypes: [] }),
      async (those) => await those.setPinned('golang', '1.2.0', true),
      async (those) => await those.putConfig(config),
      async (those) => await those.putRemoved(removed),
      async (those) => await those.deleteRemoved('python3'),
      async (those) => await those.remove('golang', '1.2.0'),
    ];
    const unseen: readonly ((those: PluginRepository) => Promise<unknown>)[] = [
      async (those) => await those.setDescription(aPlugin(digest), { jobTypes: [] }),
      async (those) => await those.setDescription(aPlugin('other'), { jobTypes: ['x'] }),
      async (those) => await those.setPinned('golang', '1.2.0', true),
      async (those) => await those.setPinned('golang', '9.9.9', true),
      async (those) => await those.remove('golang', '9.9.9'),
      async (those) => await those.deleteRemoved('golang'),
      async (those) => await those.putArchivePart('half', 0, Buffer.from('zi'), 1),
      async (those) => await those.removeUnusedArchives(2),
    ];
    for (const [index, work] of seen.entries()) {
      expect({ index, isSeen: await isSeen(work) }).toEqual({ index, isSeen: true });
      for (const [other, nothing] of index === 3 ? unseen.entries() : [])
        expect({ other, isSeen: await isSeen(nothing) }).toEqual({ other, isSeen: false });
    }
    const before = await plugins().revision();
    const failing = change(async (those) => {
      await those.putConfig(config);
      throw new Error('refused later');
    });
    await expect(failing).rejects.toThrow('refused later');
    expect(await plugins().revision()).toBe(before);
    await expect(plugins().putConfig(config)).rejects.toThrow('in transactions');
  });

  test('serves two replicas that install at once: neither loses what the other did', async () => {
    const other = await openStore(fixture.options);
    const digest = await addArchive();
    const install = async (store: typeof other, version: string) =>
      await store.transaction(
        async ({ db }) => await createPluginRepository(db).put(aPlugin(digest, { version, sizeBytes: 3 })),
      );
    const versions = Array.from({ length: 8 }, (_, index) => `1.${index}.0`);
    await Promise.all(
      versions.map(async (version, index) => await install(index % 2 === 0 ? other : fixture.store, version)),
    );
    await Promise.all([other, fixture.store].map(async (store) => await install(store, '1.0.0')));

    expect((await plugins().list()).map(({ version }) => version)).toEqual(versions);
    expect(await createPluginRepository(other.db).revision()).toBe(await plugins().revision());
    await other.close();
  });
});
