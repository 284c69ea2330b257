import { sql, type Kysely } from 'kysely';
import type { StoreKind } from './schema-writer.ts';

export interface ColumnFacts {
  readonly type: 'text' | 'integer';
  readonly isNullable: boolean;
}

/** Columns by name, of tables by name. */
export type Schema = ReadonlyMap<string, ReadonlyMap<string, ColumnFacts>>;

interface ColumnRow {
  readonly table_name: string;
  readonly column_name: string;
  readonly type: string;
  readonly nullable: string | number;
}

const QUERIES: Readonly<Record<StoreKind, string>> = {
  sqlite: `select tables.name as table_name, columns.name as column_name, columns.type as type,
      columns."notnull" = 0 and columns.pk = 0 as nullable
    from sqlite_master as tables, pragma_table_info(tables.name) as columns where tables.type = 'table'`,
  postgres: `select table_name, column_name, data_type as type, is_nullable as nullable
    from information_schema.columns where table_schema = current_schema()`,
};

/** Which tables a store has; none for one that was never opened. */
export async function readSchema(db: Kysely<unknown>, kind: StoreKind): Promise<Schema> {
  const { rows } = await sql<ColumnRow>`${sql.raw(QUERIES[kind])}`.execute(db);
  const schema = new Map<string, Map<string, ColumnFacts>>();
  for (const { table_name, column_name, type, nullable } of rows) {
    const columns = schema.get(table_name) ?? new Map<string, ColumnFacts>();
    columns.set(column_name, {
      type: /int/i.test(type) ? 'integer' : 'text',
      isNullable: nullable === 1 || nullable === 'YES',
    });
    schema.set(table_name, columns);
  }
  return schema;
}
