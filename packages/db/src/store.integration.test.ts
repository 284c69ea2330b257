import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFeedRepository, openSqliteStore, type Store } from './index.ts';

describe('the SQLite store', () => {
  let directory: string;
  let store: Store;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'racetrack-store-'));
    store = await openSqliteStore(join(directory, 'racetrack.db'));
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  test('opens again with what was written', async () => {
    await store.db.insertInto('setting').values({ name: 'a', value: '1' }).execute();
    await store.close();
    store = await openSqliteStore(join(directory, 'racetrack.db'));

    expect(await store.db.selectFrom('setting').selectAll().execute()).toEqual([{ name: 'a', value: '1' }]);
  });

  test('gives every transaction that changes feed records the next revision, in commit order', async () => {
    const seen: number[] = [];
    store.onFeedChanged((revision) => seen.push(revision));

    await Promise.all(
      ['a', 'b', 'c'].map(
        async (id) =>
          await store.transaction(async (trx) => {
            await trx.db.insertInto('setting').values({ name: id, value: '1' }).execute();
            trx.feedChanged('setting', id);
          }),
      ),
    );

    expect(seen).toEqual([1, 2, 3]);
    expect(await createFeedRepository(store.db).findChangesSince(1)).toMatchObject({
      revision: 3,
      changes: [{ kind: 'setting' }, { kind: 'setting' }],
    });
  });

  test('a transaction that throws leaves neither rows nor a revision', async () => {
    const failing = store.transaction(async (trx) => {
      await trx.db.insertInto('setting').values({ name: 'a', value: '1' }).execute();
      trx.feedChanged('setting', 'a');
      throw new Error('no');
    });

    await expect(failing).rejects.toThrow('no');
    expect(await store.db.selectFrom('setting').selectAll().execute()).toEqual([]);
    expect(await createFeedRepository(store.db).currentRevision()).toBe(0);
  });

  test('says when its history does not reach back far enough', async () => {
    const feed = createFeedRepository(store.db);
    for (const id of ['a', 'b', 'c']) await store.transaction(async (trx) => trx.feedChanged('setting', id));
    await feed.prune(1);

    expect(await feed.findChangesSince(0)).toBeUndefined();
    expect(await feed.findChangesSince(2)).toEqual({ revision: 3, changes: [{ kind: 'setting', id: 'c' }] });
    expect(await feed.findChangesSince(3)).toEqual({ revision: 3, changes: [] });
  });

  test('a query past the transaction fails instead of waiting for it for ever', async () => {
    const nested = store.transaction(async () => await store.db.selectFrom('setting').selectAll().execute());

    await expect(nested).rejects.toThrow('has to go through the transaction');
    expect(await store.db.selectFrom('setting').selectAll().execute()).toEqual([]);
  });

  test('refuses a Date instead of storing nothing', async () => {
    const values = { name: 'a', value: new Date() as unknown as string };

    await expect(store.db.insertInto('setting').values(values).execute()).rejects.toThrow('use the codec');
  });
});
