import { sql, type RawBuilder } from 'kysely';
import type { Queryable } from '../store.ts';
import type { RecordColumn, RecordTable } from './record-tables.ts';

/** A value as it is stored. */
export type StoredValue = string | number | null;
export type StoredRecord = Readonly<Record<string, StoredValue>>;

/** Columns and the stored values that they have to have, combined with AND. */
export type RecordFilters = readonly { readonly column: RecordColumn; readonly value: StoredValue }[];

export interface RecordPage {
  readonly filters: RecordFilters;
  readonly columns: readonly RecordColumn[];
  /** What is left equal is in the order of the primary key, so that pages neither miss nor repeat a record. */
  readonly orderBy: readonly { readonly column: RecordColumn; readonly isDescending: boolean }[];
  readonly offset: number;
  readonly limit: number;
}

export interface RecordRepository {
  count(table: RecordTable, filters: RecordFilters): Promise<number>;
  /** By names of columns; the primary key is always among them. */
  list(table: RecordTable, page: RecordPage): Promise<StoredRecord[]>;
  /** What people call these records, by primary key; those that do not exist are left out. */
  listTitles(table: RecordTable, keys: readonly StoredValue[]): Promise<Map<string, string>>;
}

/** Reads the tables of Racetrack 2.36 out of ours, see {@link RECORD_TABLES}. Names of columns come from there alone. */
export function createRecordRepository(db: Queryable): RecordRepository {
  return {
    async count(table, filters) {
      const { rows } = await sql<{
        count: number | bigint;
      }>`select count(*) as count from ${table.from} where ${conditionOf(filters)}`.execute(db);
      return Number(rows[0]?.count ?? 0);
    },

    async list(table, { filters, columns, orderBy, offset, limit }) {
      const key = primaryKeyOf(table);
      const selected = [key, ...columns.filter((column) => column !== key)];
      const order = [...orderBy, { column: key, isDescending: false }];
      const { rows } = await sql<StoredRecord>`
        select ${sql.join(selected.map((column) => sql`${column.value} as ${sql.id(column.name)}`))}
        from ${table.from} where ${conditionOf(filters)}
        order by ${sql.join(order.map(({ column, isDescending }) => sql`${column.value} ${direction(isDescending)}`))}
        limit ${limit} offset ${offset}`.execute(db);
      return rows;
    },

    async listTitles(table, keys) {
      if (table.title === undefined || keys.length === 0) return new Map();
      const { value } = primaryKeyOf(table);
      const { rows } = await sql<{ key: string | number; title: string }>`
        select ${value} as key, ${table.title} as title
        from ${table.from} where ${value} in (${sql.join(keys)})`.execute(db);
      return new Map(rows.map(({ key, title }) => [String(key), title]));
    },
  };
}

/** The column that tells the records of a table apart. */
export function primaryKeyOf({ columns, primaryKey, tableName }: RecordTable): RecordColumn {
  const column = columns.find(({ name }) => name === primaryKey);
  if (column !== undefined) return column;
  throw new Error(`${tableName} has no primary key`);
}

function conditionOf(filters: RecordFilters): RawBuilder<unknown> {
  if (filters.length === 0) return sql`1 = 1`;
  const conditions = filters.map(({ column, value }) =>
    value === null ? sql`${column.value} is null` : sql`${column.value} = ${value}`,
  );
  return sql.join(conditions, sql` and `);
}

/** As SQLite has it on both stores: nothing comes before everything. */
function direction(isDescending: boolean): RawBuilder<unknown> {
  return isDescending ? sql`desc nulls last` : sql`asc nulls first`;
}
