import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { openStore } from '../index.ts';

test('waits for another program without standing still, and goes on when it has finished', async () => {
  await using directory = await createTemporaryDirectory();
  const path = join(directory.path, 'racetrack.db');
  const store = await openStore({ kind: 'sqlite', path });
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 5);
  const insert = { name: 'a', value: '1' };
  const writing = store.transaction(
    async ({ db }) => await db.insertInto('setting').values(insert).execute(),
  );
  await sleep(300);
  other.exec('COMMIT');
  other.close();
  await writing;
  clearInterval(ticking);

  expect(ticks).toBeGreaterThan(10);
  expect(await store.db.selectFrom('setting').selectAll().execute()).toEqual([insert]);
  await store.close();
});

test('says who is in the way when another program keeps the database', async () => {
  await using directory = await createTemporaryDirectory();
  const path = join(directory.path, 'racetrack.db');
  const store = await openStore({ kind: 'sqlite', path });
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const write = async () => await store.db.deleteFrom('setting').execute();
  const failures = await Promise.allSettled([write(), write()]);
  other.close();

  expect(failures).toMatchObject([
    { reason: { code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('Another program') } },
    { reason: { code: 'STORE_UNAVAILABLE' } },
  ]);
  await expect(write()).resolves.toBeDefined();
  await store.close();
});

test('a file that is damaged or no database is left as it is, and named', async () => {
  await using directory = await createTemporaryDirectory();
  const path = join(directory.path, 'racetrack.db');
  const open = async () => await openStore({ kind: 'sqlite', path });
  writeFileSync(path, 'this is no database, however long one looks at it'.repeat(100));
  await expect(open()).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    message: expect.stringContaining(path),
    hint: expect.stringContaining('backup'),
  });

  writeFileSync(path, '');
  const store = await open();
  await store.close();
  truncateSync(path, 8192);
  await expect(open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
});

test('without room on the disk nothing is half written, and writing goes on when there is room', async () => {
  await using directory = await createTemporaryDirectory();
  const store = await openStore({ kind: 'sqlite', path: join(directory.path, 'racetrack.db') });
  const limit = async (pages: number) =>
    await sql`pragma max_page_count = ${sql.lit(pages)}`.execute(store.db);
  const fill = async () =>
    await store.transaction(async ({ db }) => {
      for (const name of ['a', 'b']) {
        await db
          .insertInto('setting')
          .values({ name, value: 'x'.repeat(200_000) })
          .execute();
      }
    });
  await limit(100);

  await expect(fill()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    hint: expect.stringContaining('disk'),
  });
  expect(await store.db.selectFrom('setting').select('name').execute()).toEqual([]);
  await limit(10_000);
  await fill();
  expect(await store.db.selectFrom('setting').select('name').execute()).toHaveLength(2);
  await store.close();
});

test('a missing directory is named', async () => {
  await expect(openStore({ kind: 'sqlite', path: '/nowhere/racetrack.db' })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('/nowhere/racetrack.db'),
  });
});
