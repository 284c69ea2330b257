import { sql, type Kysely } from 'kysely';
import { listAppliedMigrations, MIGRATION_NAMES } from './migrate.ts';
import { createReplicaRepository, type ReplicaRow } from './repositories/replica-repository.ts';
import { readSchema } from './read-schema.ts';
import type { StoreKind } from './schema-writer.ts';
import type { Store } from './store.ts';

/** What an administrator wants to know of a store. */
export interface StoreState {
  /** Names of the migrations in it; empty for a store without a schema. */
  readonly applied: readonly string[];
  /** Those that this program would apply. */
  readonly pending: readonly string[];
  /** Those that this program does not know: the store is of a newer release. */
  readonly unknown: readonly string[];
  readonly storeId: string | undefined;
  readonly sizeBytes: number;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  /** Control processes with a heartbeat. */
  readonly replicas: readonly ReplicaRow[];
}

/** Looks at a store of any schema without changing it. */
export async function readStoreState(store: Store, nowMs: number): Promise<StoreState> {
  const db = store.db as unknown as Kysely<unknown>;
  const applied = await listAppliedMigrations(db, store.kind);
  const unknown = applied.filter((name) => !MIGRATION_NAMES.includes(name));
  const tables = applied.length === 0 ? [] : await countRows(db, store.kind);
  const has = (name: string): boolean => tables.some((table) => table.name === name);
  return {
    applied,
    unknown,
    pending: MIGRATION_NAMES.filter((name) => !applied.includes(name)),
    storeId: has('meta') ? await readStoreId(db) : undefined,
    sizeBytes: await readSize(store),
    tables,
    replicas: has('control_replica') ? await createReplicaRepository(store.db).listLive(nowMs) : [],
  };
}

async function countRows(db: Kysely<unknown>, kind: StoreKind): Promise<{ name: string; rows: number }[]> {
  const counts: { name: string; rows: number }[] = [];
  for (const name of (await readSchema(db, kind)).keys()) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)}`.execute(
      db,
    );
    counts.push({ name, rows: rows[0]?.count ?? 0 });
  }
  return counts.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readStoreId(db: Kysely<unknown>): Promise<string | undefined> {
  const { rows } = await sql<{ value: string }>`select value from meta where key = 'store_id'`.execute(db);
  return rows[0]?.value;
}

async function readSize({ kind, db }: Store): Promise<number> {
  const query =
    kind === 'sqlite'
      ? sql<{
          size: number;
        }>`select page_count * page_size as size from pragma_page_count(), pragma_page_size()`
      : sql<{ size: number }>`select pg_database_size(current_database()) as size`;
  const { rows } = await query.execute(db);
  return rows[0]?.size ?? 0;
}
