import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  createFeedRepository,
  createMetaRepository,
  createPluginRepository,
  createSettingRepository,
  exportStore,
  importStore,
  inspectStore,
  openStore,
  readStoreState,
  type StoreOptions,
} from '../index.ts';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { createPostgresDatabase, describePostgres, describeStores } from '../testing/describe-stores.ts';
import { fillWithRandomRows } from '../testing/random-rows.ts';
import { EXPORTED_TABLES } from './dump-tables.ts';

async function dump(options: StoreOptions): Promise<string> {
  const store = await openStore(options);
  let text = '';
  try {
    const write = async (piece: string): Promise<void> => {
      text += piece;
    };
    await exportStore(store, { productVersion: '1.2.3', write });
  } finally {
    await store.close();
  }
  return text;
}

async function restore(text: string, target: StoreOptions, chunkBytes = 1000): Promise<void> {
  const bytes = Buffer.from(text);
  await importStore(target, {
    chunks: (async function* () {
      for (let start = 0; start < bytes.length; start += chunkBytes) {
        yield bytes.subarray(start, start + chunkBytes);
      }
    })(),
  });
}

/** Without header and footer, which tell the time and the hash of it. */
const rowsOf = (text: string): string[] => text.trimEnd().split('\n').slice(1, -1);

describePostgres('an export', (server) => {
  test.each([1, 2])(
    'goes from SQLite to PostgreSQL and back without a difference (seed %i)',
    async (seed) => {
      await using directory = await createTemporaryDirectory();
      const first: StoreOptions = { kind: 'sqlite', path: `${directory.path}/first.db` };
      const middle = await createPostgresDatabase(server);
      const last: StoreOptions = { kind: 'sqlite', path: `${directory.path}/last.db` };
      const store = await openStore(first);
      await fillWithRandomRows(store, 210, seed * 1_000_000);
      await store.transaction(async (trx) => trx.feedChanged('setting', 'a'));
      await store.close();

      const original = await dump(first);
      await restore(original, middle);
      const between = await dump(middle);
      await restore(between, last, 7);

      expect(rowsOf(between)).toEqual(rowsOf(original));
      expect(rowsOf(await dump(last))).toEqual(rowsOf(original));
      expect(rowsOf(original)).toHaveLength(210 * (EXPORTED_TABLES.length - 1) + 1);
    },
  );
});

describeStores('an export of a store', (fixture) => {
  async function fill(): Promise<void> {
    await createMetaRepository(fixture.store.db).insertOnce('store_id', 'the-original');
    await createMetaRepository(fixture.store.db).insertOnce('key_check', 'sealed');
    await fillWithRandomRows(fixture.store, 3, 7);
    await fixture.store.transaction(async (trx) => trx.feedChanged('setting', 'a'));
  }

  test('becomes another store, with the same keys and revision', async () => {
    await fill();
    const target = await fixture.createEmpty();
    await restore(await dump(fixture.options), target);
    const copy = await openStore(target);
    const meta = createMetaRepository(copy.db);

    expect(await meta.find('key_check')).toBe('sealed');
    expect(await meta.find('store_id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await createFeedRepository(copy.db).currentRevision()).toBe(1);
    expect(await createFeedRepository(copy.db).findChangesSince(0)).toBeUndefined();
    await copy.close();
  });

  test('is the store at one moment, whatever is written meanwhile', async () => {
    await fill();
    const pieces: string[] = [];
    const other = await openStore(fixture.options);
    await exportStore(other, {
      productVersion: '1',
      write: async (piece) => {
        pieces.push(piece);
        await createSettingRepository(fixture.store.db).set('written meanwhile', true);
      },
    });
    await other.close();

    expect(pieces.join('')).not.toContain('written meanwhile');
    expect(await createSettingRepository(fixture.store.db).find('written meanwhile')).toBe(true);
  });

  test('is only imported where nothing is', async () => {
    await fill();
    const text = await dump(fixture.options);

    await expect(restore(text, fixture.options)).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY' });
    expect(rowsOf(await dump(fixture.options))).toEqual(rowsOf(text));
  });

  test('that is not whole, or not ours, is refused, and nothing of it is kept', async () => {
    await fill();
    const target = await fixture.createEmpty();
    const text = await dump(fixture.options);
    const spoilt = {
      'cut in the middle': text.slice(0, text.length / 2),
      'without its last line': `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`,
      'with a letter changed': text.replace('the-original', 'the-forgery!'),
      'with a row left out': text.replace(/^\["token".*\n/m, ''),
      'with something behind it': `${text}{}\n`,
      'with an unknown table': text.replace('["token"', '["tokens"'),
      'of a newer format': text.replace('"version":1', '"version":2'),
      'of a newer schema': text.replace('"0001-initial"', '"0001-initial","0009-later"'),
      'of another kind': 'a,b,c\n1,2,3\n',
      'of binary': '\0'.repeat(200_000),
      'of nothing': '',
    };
    for (const [name, content] of Object.entries(spoilt)) {
      const refusal: unknown = await restore(content, target).catch((error: unknown) => error);
      expect({ name, refusal }).toMatchObject({ name, refusal: { code: 'STORE_EXPORT_INVALID' } });
    }
    await restore(text, target);

    expect(rowsOf(await dump(target))).toEqual(rowsOf(text));
  });

  test('holds plugins with their archives, a few parts at a time', async () => {
    const archive = randomBytes(9 * 1_000 + 1);
    const installed = { name: 'toy', version: '1.0.0', digest: 'c0ffee', sizeBytes: archive.length } as const;
    const facts = { language: 'python', manifest: { a: [1] }, description: null, standIn: 'docker' } as const;
    const plugin = { ...installed, ...facts, isPinned: true, installedBy: null, installedAt: 5 };
    const parts = createPluginRepository(fixture.store.db);
    for (let part = 0; part < 10; part += 1)
      await parts.putArchivePart('c0ffee', part, archive.subarray(part * 1_000, (part + 1) * 1_000), 1);
    await parts.completeArchive('c0ffee', archive.length);
    await fixture.store.transaction(async ({ db }) => await createPluginRepository(db).put(plugin));
    const pieces: string[] = [];
    const write = async (piece: string) => void pieces.push(piece);
    await exportStore(fixture.store, { productVersion: '1', write });
    const target = await fixture.createEmpty();
    await restore(pieces.join(''), target);
    const copy = await openStore(target);
    const copied = createPluginRepository(copy.db);

    const counts = pieces.map((piece) => piece.split('["plugin_archive_part"').length - 1);
    expect(counts.filter((count) => count > 0)).toEqual([4, 4, 2]);
    expect(await copied.list()).toEqual([plugin]);
    expect(Buffer.concat(await Array.fromAsync(copied.readArchive('c0ffee'))).equals(archive)).toBe(true);
    expect(await copied.revision()).toBe(await parts.revision());
    await copy.close();
  });

  test('of an older schema is brought up to date', async () => {
    const target = await fixture.createEmpty();
    const text = (await dump(fixture.options)).replace(
      ',"0002-replicas","0003-control-plane","0004-later-control-plane","0005-plugins"',
      '',
    );
    const lines = text.trimEnd().split('\n').slice(0, -1);
    const body = `${lines.join('\n')}\n`;
    const footer = {
      end: true,
      counts: { feed_revision: 1 },
      sha256: createHash('sha256').update(body).digest('hex'),
    };
    await restore(`${body}${JSON.stringify(footer)}\n`, target);
    const store = await openStore(target);

    expect(await readStoreState(store, 0)).toMatchObject({ pending: [], unknown: [] });
    await store.close();
  });

  test('the state of a store tells its schema, its rows and its size', async () => {
    const empty = await fixture.createEmpty();
    await fill();
    const state = await readStoreState(fixture.store, 0);

    expect(state).toMatchObject({ storeId: 'the-original', pending: [], unknown: [], replicas: [] });
    expect(state.tables).toContainEqual({ name: 'job', rows: 3 });
    expect(state.sizeBytes).toBeGreaterThan(10_000);
    expect((await inspectStore(empty))?.applied ?? []).toEqual([]);
  });
});
