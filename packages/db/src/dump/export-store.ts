import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { listAppliedMigrations, MIGRATION_NAMES } from '../migrate.ts';
import { PlatformError } from '@racetrack-platform/errors';
import type { StoreKind } from '../schema-writer.ts';
import type { Store } from '../store.ts';
import {
  DUMP_FORMAT,
  DUMP_VERSION,
  type DumpFooter,
  type DumpHeader,
  type DumpProgress,
  type DumpRow,
} from './dump-format.ts';
import { EXPORTED_TABLES, STORE_ID_KEY, type ExportedTable } from './dump-tables.ts';

interface ExportOptions {
  readonly productVersion: string;
  /** Takes the next lines; awaited, so that a slow disk slows the reading. */
  readonly write: (text: string) => Promise<void>;
  readonly onProgress?: (progress: DumpProgress) => void;
}

/**
 * Writes everything that a store holds, as it is at one moment: others go on reading and writing meanwhile.
 *
 * @returns the footer that was written.
 * @throws PlatformError `STORE_EXPORT_INVALID` when the schema is not the one of this program: migrate first.
 */
export async function exportStore(store: Store, options: ExportOptions): Promise<DumpFooter> {
  const hash = createHash('sha256');
  const counts: Record<string, number> = {};
  const write = async (values: readonly unknown[]): Promise<void> => {
    const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    hash.update(text);
    await options.write(text);
  };
  const snapshot = store.db.transaction().setAccessMode('read only');
  // SQLite has but one isolation level, which is stricter.
  await (store.kind === 'postgres' ? snapshot.setIsolationLevel('repeatable read') : snapshot).execute(
    async (trx) => {
      const db = trx as unknown as Kysely<unknown>;
      await write([await composeHeader(db, store.kind, options.productVersion)]);
      let rows = 0;
      for (const table of EXPORTED_TABLES) {
        for await (const page of readPages(db, table)) {
          await write(page.map((row) => [table.name, row]));
          counts[table.name] = (counts[table.name] ?? 0) + page.length;
          rows += page.length;
          options.onProgress?.({ table: table.name, rows });
        }
      }
    },
  );
  const footer: DumpFooter = { end: true, counts, sha256: hash.digest('hex') };
  await options.write(`${JSON.stringify(footer)}\n`);
  return footer;
}

async function composeHeader(
  db: Kysely<unknown>,
  kind: StoreKind,
  productVersion: string,
): Promise<DumpHeader> {
  const migrations = await listAppliedMigrations(db, kind);
  if (migrations.join() !== MIGRATION_NAMES.join()) {
    throw new PlatformError(
      'STORE_EXPORT_INVALID',
      'the schema of the store is not the one of this release',
      {
        hint: 'Run `npm start -- db status`, and `npm start -- db migrate` when migrations are pending.',
      },
    );
  }
  const id = await sql<{ value: string }>`select value from meta where key = ${STORE_ID_KEY}`.execute(db);
  return {
    format: DUMP_FORMAT,
    version: DUMP_VERSION,
    migrations,
    storeId: id.rows[0]?.value ?? null,
    productVersion,
    createdAt: new Date().toISOString(),
  };
}

async function* readPages(
  db: Kysely<unknown>,
  { name, key, rowsAtOnce }: ExportedTable,
): AsyncGenerator<DumpRow[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let last: DumpRow | undefined;
  for (;;) {
    const after =
      last === undefined
        ? sql``
        : sql`where (${columns}) > (${sql.join(key.map((column) => sql.val(last?.[column])))})`;
    const { rows } = await sql<DumpRow>`select * from ${sql.table(name)} ${after}
      order by ${columns} limit ${sql.lit(rowsAtOnce)}`.execute(db);
    const page = rows.filter((row) => name !== 'meta' || row['key'] !== STORE_ID_KEY).map(sortColumns);
    if (page.length > 0) yield page;
    last = rows.at(-1);
    if (rows.length < rowsAtOnce || last === undefined) return;
  }
}

/** A column that came by a migration may stand at another place in another store. */
function sortColumns(row: DumpRow): DumpRow {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}
