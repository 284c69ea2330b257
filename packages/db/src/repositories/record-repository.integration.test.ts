import { expect, test } from 'vitest';
import { createRecordRepository, primaryKeyOf, RECORD_TABLES } from '../index.ts';
import { describeStores } from '../testing/describe-stores.ts';
import { fillWithRandomRows } from '../testing/random-rows.ts';

const ROWS = 4;

describeStores('records', (fixture) => {
  test('every table can be counted, listed, sorted by and filtered by each column, and named', async () => {
    await fillWithRandomRows(fixture.store, ROWS, 1);
    // No job was deleted before it was made.
    await fixture.store.db.updateTable('trash_job').set({ created_at: 1, deleted_at: 2 }).execute();
    const records = createRecordRepository(fixture.store.db);
    const page = { filters: [], orderBy: [], offset: 0, limit: ROWS };

    for (const table of RECORD_TABLES) {
      const key = primaryKeyOf(table);
      const { columns } = table;
      const all = await records.list(table, { ...page, columns });
      expect([table.tableName, all.length, await records.count(table, [])]).toEqual([
        table.tableName,
        ROWS,
        ROWS,
      ]);
      const keys = all.map((record) => record[key.name] ?? null);
      expect(new Set(keys).size).toBe(ROWS);
      for (const column of columns) {
        const orderBy = [{ column, isDescending: true }];
        expect(await records.list(table, { ...page, columns: [column], orderBy })).toHaveLength(ROWS);
        const value = all[0]?.[column.name] ?? null;
        const found = await records.list(table, { ...page, columns: [], filters: [{ column, value }] });
        expect(found.map((record) => record[key.name])).toContain(keys[0]);
      }
      const titles = await records.listTitles(table, keys);
      expect(titles.size).toBe(table.title === undefined ? 0 : ROWS);
    }
  });

  test('pages neither miss nor repeat a record, whatever they are sorted by', async () => {
    await fillWithRandomRows(fixture.store, ROWS, 2);
    const records = createRecordRepository(fixture.store.db);
    const table = RECORD_TABLES.find(({ className }) => className === 'AuthToken');
    const active = table?.columns.find(({ name }) => name === 'active');
    if (table === undefined || active === undefined) throw new Error('there are no tokens');
    await fixture.store.db.updateTable('token').set({ is_active: 1 }).execute();
    const seen: unknown[] = [];
    for (let offset = 0; offset < ROWS; offset += 1) {
      const page = {
        columns: [],
        filters: [],
        orderBy: [{ column: active, isDescending: false }],
        offset,
        limit: 1,
      };
      seen.push(...(await records.list(table, page)).map((record) => record['id']));
    }
    expect(new Set(seen).size).toBe(ROWS);
  });
});
