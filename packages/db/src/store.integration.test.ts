import { sql, type Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { connectStore, createFeedRepository, openStore } from './index.ts';
import { migrate } from './migrate.ts';
import { describeStores } from './testing/describe-stores.ts';

describeStores('the store', (fixture) => {
  test('opens again with what was written', async () => {
    await fixture.store.db.insertInto('setting').values({ name: 'a', value: '1' }).execute();
    const again = await openStore(fixture.options);

    expect(await again.db.selectFrom('setting').selectAll().execute()).toEqual([{ name: 'a', value: '1' }]);
    await again.close();
  });

  test('gives every transaction that changes feed records the next revision, in commit order', async () => {
    const seen: number[] = [];
    fixture.store.onFeedChanged((revision) => seen.push(revision));

    await Promise.all(
      ['a', 'b', 'c'].map(
        async (id) =>
          await fixture.store.transaction(async (trx) => {
            await trx.db.insertInto('setting').values({ name: id, value: '1' }).execute();
            trx.feedChanged('setting', id);
          }),
      ),
    );

    expect(seen).toEqual([1, 2, 3]);
    expect(await createFeedRepository(fixture.store.db).findChangesSince(1)).toMatchObject({
      revision: 3,
      changes: [{ kind: 'setting' }, { kind: 'setting' }],
    });
  });

  test('a transaction that throws leaves neither rows nor a revision', async () => {
    const failing = fixture.store.transaction(async (trx) => {
      await trx.db.insertInto('setting').values({ name: 'a', value: '1' }).execute();
      trx.feedChanged('setting', 'a');
      throw new Error('no');
    });

    await expect(failing).rejects.toThrow('no');
    expect(await fixture.store.db.selectFrom('setting').selectAll().execute()).toEqual([]);
    expect(await createFeedRepository(fixture.store.db).currentRevision()).toBe(0);
  });

  test('says when its history does not reach back far enough', async () => {
    const feed = createFeedRepository(fixture.store.db);
    for (const id of ['a', 'b', 'c'])
      await fixture.store.transaction(async (trx) => trx.feedChanged('setting', id));
    await feed.prune(1);

    expect(await feed.findChangesSince(0)).toBeUndefined();
    expect(await feed.findChangesSince(2)).toEqual({ revision: 3, changes: [{ kind: 'setting', id: 'c' }] });
    expect(await feed.findChangesSince(3)).toEqual({ revision: 3, changes: [] });
  });

  test('a query past the transaction fails instead of waiting for it for ever', async () => {
    const nested = fixture.store.transaction(
      async () => await fixture.store.db.selectFrom('setting').selectAll().execute(),
    );

    await expect(nested).rejects.toThrow('has to go through the transaction');
    expect(await fixture.store.db.selectFrom('setting').selectAll().execute()).toEqual([]);
  });

  test('refuses a Date instead of storing nothing', async () => {
    const values = { name: 'a', value: new Date() as unknown as string };

    await expect(fixture.store.db.insertInto('setting').values(values).execute()).rejects.toThrow(
      'use the codec',
    );
  });

  test('refuses what only one of the databases could hold', async () => {
    const insert = async (value: unknown) =>
      await fixture.store.db
        .insertInto('setting')
        .values({ name: 'a', value: value as string })
        .execute();

    await expect(insert('a\0b')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    for (const value of [true, { a: 1 }, Number.NaN]) {
      await expect(insert(value)).rejects.toThrow('use the codec');
    }
    expect(await fixture.store.db.selectFrom('setting').selectAll().execute()).toEqual([]);
  });

  test('keeps texts of any script, and sorts and compares them by their bytes', async () => {
    const names = ['B', 'a', 'Ä', 'z', '🦄', 'ab', 'a b', "a'b"];
    for (const name of names) {
      await fixture.store.db.insertInto('setting').values({ name, value: '"ß"' }).execute();
    }
    const rows = await fixture.store.db.selectFrom('setting').select('name').orderBy('name').execute();

    expect(rows.map(({ name }) => name)).toEqual(['B', 'a', 'a b', "a'b", 'ab', 'z', 'Ä', '🦄']);
    expect(await fixture.store.db.deleteFrom('setting').where('name', '=', 'b').execute()).toMatchObject([
      { numDeletedRows: 0n },
    ]);
  });

  test('holds every whole number that JavaScript can', async () => {
    const { db } = fixture.store;
    const value = Number.MAX_SAFE_INTEGER;
    await db
      .insertInto('lease')
      .values({ name: 'a', owner: 'o', epoch: value, expires_at: -value })
      .execute();

    expect(await db.selectFrom('lease').select(['epoch', 'expires_at']).execute()).toEqual([
      { epoch: value, expires_at: -value },
    ]);
  });

  test('tells a transaction the revision that it will be committed as', async () => {
    const { result, revision } = await fixture.store.transaction(async (trx) => {
      trx.feedChanged('setting', 'a');
      return [await trx.nextRevision(), await trx.nextRevision()];
    });

    expect([result, revision]).toEqual([[1, 1], 1]);
    expect(await createFeedRepository(fixture.store.db).currentRevision()).toBe(1);
  });

  test('refuses a transaction within a transaction', async () => {
    const nested = fixture.store.transaction(async () => await fixture.store.transaction(async () => 1));

    await expect(nested).rejects.toThrow('has to go through the transaction');
  });

  test('of an older release keeps its rows, and gives its users and grants their numbers', async () => {
    const options = await fixture.createEmpty();
    const old = connectStore(options);
    await migrate(old.db as unknown as Kysely<unknown>, old.kind, 2);
    const facts = { password_hash: 'x', is_active: 1, is_staff: 0 } as const;
    const users = [
      { id: 'b', username: 'later', created_at: 2, last_login_at: null, ...facts },
      { id: 'c', username: 'first', created_at: 1, last_login_at: null, ...facts },
      { id: 'a', username: 'with the later one', created_at: 2, last_login_at: null, ...facts },
    ];
    await old.db.insertInto('user').values(users).execute();
    await old.close();

    const store = await openStore(options);

    const rows = await store.db.selectFrom('user').select(['username', 'number']).orderBy('number').execute();
    expect(rows).toEqual([
      { username: 'first', number: 1 },
      { username: 'with the later one', number: 2 },
      { username: 'later', number: 3 },
    ]);
    await store.close();
  });

  test('of a newer release is not touched', async () => {
    await sql`insert into migration (name, applied_at) values ('9999-later', 1)`.execute(fixture.store.db);

    await expect(openStore(fixture.options)).rejects.toMatchObject({ code: 'STORE_NEWER' });
  });
});
