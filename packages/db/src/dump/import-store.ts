import { randomUUID } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import { connectStore, migrateStore } from '../open-store.ts';
import { listInstanceHosts, type InstanceHost } from '../instance-hosts.ts';
import { listAppliedMigrations, migrate } from '../migrate.ts';
import { readSchema, type Schema } from '../read-schema.ts';
import type { StoreKind } from '../schema-writer.ts';
import type { StoreOptions } from '../store-options.ts';
import type { DumpHeader, DumpProgress, DumpRow } from './dump-format.ts';
import { EXPORTED_TABLES, STORE_ID_KEY } from './dump-tables.ts';
import { invalid, readDump, type Dump } from './read-dump.ts';

const ROWS_AT_ONCE = new Map(EXPORTED_TABLES.map(({ name, rowsAtOnce }) => [name, rowsAtOnce]));

interface ImportOptions {
  /** Of the file, in order. */
  readonly chunks: AsyncIterable<Buffer>;
  readonly onProgress?: (progress: DumpProgress) => void;
}

/**
 * Fills an empty store with an export, in one transaction: all of it or nothing. The store gets an id of its own, so
 * that no pub takes it for the one that was exported.
 *
 * @returns the header of the export, the number of rows, and where its instances live.
 * @throws PlatformError `STORE_NOT_EMPTY`, `STORE_EXPORT_INVALID`, and those of opening a store.
 */
export async function importStore(
  target: StoreOptions,
  options: ImportOptions,
): Promise<{ header: DumpHeader; rows: number; hosts: InstanceHost[] }> {
  const dump = await readDump(options.chunks);
  const store = connectStore(target);
  const db = store.db as unknown as Kysely<unknown>;
  try {
    await assertSchemaFits(db, store.kind, dump.header);
    // First to the schema of the export; what came after it then alters the imported rows as it did there.
    await migrate(db, store.kind, dump.header.migrations.length);
    const rows = await db.transaction().execute(async (trx) => await fill(trx, store.kind, dump, options));
    await migrateStore(store);
    return { header: dump.header, rows, hosts: await listInstanceHosts(db, Date.now()) };
  } finally {
    await store.close();
  }
}

async function assertSchemaFits(
  db: Kysely<unknown>,
  kind: StoreKind,
  { migrations }: DumpHeader,
): Promise<void> {
  const applied = await listAppliedMigrations(db, kind);
  if (applied.length <= migrations.length) return;
  throw new PlatformError('STORE_NOT_EMPTY', 'the store has a newer schema than the export', {
    hint: 'Import it into a new database without tables.',
  });
}

async function fill(
  db: Kysely<unknown>,
  kind: StoreKind,
  { rows }: Dump,
  { onProgress }: ImportOptions,
): Promise<number> {
  const schema = await readSchema(db, kind);
  await assertEmpty(db, schema);
  await sql`delete from meta`.execute(db);
  await sql`delete from feed_revision`.execute(db);
  let batch: { table: string; rows: DumpRow[] } | undefined;
  let count = 0;
  for await (const { table, row } of rows) {
    assertColumns(schema, table, row);
    if (
      batch !== undefined &&
      (batch.table !== table || batch.rows.length >= (ROWS_AT_ONCE.get(table) ?? 1))
    ) {
      await insert(db, batch.table, batch.rows);
      onProgress?.({ table: batch.table, rows: count });
      batch = undefined;
    }
    batch ??= { table, rows: [] };
    batch.rows.push(row);
    count += 1;
  }
  if (batch !== undefined) await insert(db, batch.table, batch.rows);
  const revision = await sql`select id from feed_revision`.execute(db);
  if (revision.rows.length !== 1) throw invalid('it has no feed revision');
  await sql`insert into meta (key, value) values (${STORE_ID_KEY}, ${randomUUID()})`.execute(db);
  return count;
}

async function assertEmpty(db: Kysely<unknown>, schema: Schema): Promise<void> {
  for (const { name } of EXPORTED_TABLES.filter((table) => schema.has(table.name))) {
    // A new store has its id and a revision that nothing has raised.
    const but =
      { meta: sql`where key <> ${STORE_ID_KEY}`, feed_revision: sql`where revision > 0` }[name] ?? sql``;
    const { rows } = await sql`select 1 as found from ${sql.table(name)} ${but} limit 1`.execute(db);
    if (rows.length === 0) continue;
    throw new PlatformError('STORE_NOT_EMPTY', `the store has data already (in the table ${name})`, {
      hint: 'Import into a new database, or a data directory that no server was started on.',
    });
  }
}

/** PostgreSQL would turn a text into a number where it can: the types are ours to hold. */
function assertColumns(schema: Schema, table: string, row: DumpRow): void {
  for (const [name, value] of Object.entries(row)) {
    const type = schema.get(table)?.get(name)?.type;
    const isRight =
      value === null || (type === 'integer' ? typeof value === 'number' : typeof value === 'string');
    if (type === undefined || !isRight)
      throw invalid(`a row of ${table} has a wrong column ${JSON.stringify(name)}`);
  }
}

async function insert(db: Kysely<unknown>, table: string, rows: readonly DumpRow[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {});
  const isUniform = rows.every((row) => Object.keys(row).join() === names.join());
  if (names.length === 0 || !isUniform) throw invalid(`the rows of ${table} differ in their columns`);
  const values = rows.map((row) => sql`(${sql.join(names.map((name) => row[name]))})`);
  const columns = sql.join(names.map((name) => sql.ref(name)));
  try {
    await sql`insert into ${sql.table(table)} (${columns}) values ${sql.join(values)}`.execute(db);
  } catch (error) {
    if (PlatformError.is(error)) throw error;
    // A whole file with rows that break a rule of the schema was not written by us.
    throw new PlatformError(
      'STORE_EXPORT_INVALID',
      `the export cannot be used: its rows of ${table} do not fit`,
      {
        hint: 'Export the store again.',
        cause: error,
      },
    );
  }
}
