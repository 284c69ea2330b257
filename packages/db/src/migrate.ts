import { sql, type Kysely } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import * as initial from './migrations/0001-initial.ts';
import * as replicas from './migrations/0002-replicas.ts';
import * as controlPlane from './migrations/0003-control-plane.ts';
import * as laterControlPlane from './migrations/0004-later-control-plane.ts';
import * as plugins from './migrations/0005-plugins.ts';
import { readSchema } from './read-schema.ts';
import { SCHEMA_WRITERS, type StoreKind } from './schema-writer.ts';

/** Creates one table from its column clauses, in the form the database at hand wants. */
export type TableBuilder = (name: string, clauses: readonly string[]) => Promise<void>;
/** Adds one column, given as its clause, to a table. */
export type ColumnAdder = (table: string, clause: string) => Promise<void>;

interface Migration {
  readonly name: string;
  up(db: Kysely<unknown>, table: TableBuilder, addColumn: ColumnAdder): Promise<void>;
}

/** Only ever added to: a released migration never changes. */
const MIGRATIONS: readonly Migration[] = [
  { name: '0001-initial', up: initial.up },
  { name: '0002-replicas', up: replicas.up },
  { name: '0003-control-plane', up: controlPlane.up },
  { name: '0004-later-control-plane', up: laterControlPlane.up },
  { name: '0005-plugins', up: plugins.up },
];

/** Names of the migrations that this program knows, in order: the last one is its schema version. */
export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map(({ name }) => name);

/**
 * Brings the schema up to date; each migration in a transaction of its own, so that a crash leaves the previous state.
 * Safe with several starters: a transaction holds the write lock before it looks which migrations are done.
 *
 * @param count - how many of the migrations; all when left out.
 * @returns the names of the migrations that were applied now.
 * @throws PlatformError `STORE_NEWER` when the store holds migrations that this program does not know.
 */
export async function migrate(
  db: Kysely<unknown>,
  kind: StoreKind,
  count = MIGRATIONS.length,
): Promise<string[]> {
  await db.transaction().execute(async (trx) => {
    const clauses = ['name text primary key', 'applied_at integer not null'];
    const columns = sql.raw(clauses.map(SCHEMA_WRITERS[kind].column).join(', '));
    await sql`create table if not exists migration (${columns})`.execute(trx);
    assertKnown(await readNames(trx));
  });
  const applied: string[] = [];
  for (const migration of MIGRATIONS.slice(0, count)) {
    const isNew = await db.transaction().execute(async (trx) => await apply(trx, kind, migration));
    if (isNew) applied.push(migration.name);
  }
  return applied;
}

/**
 * @returns the names of the applied migrations in order; empty for a store without a schema.
 */
export async function listAppliedMigrations(db: Kysely<unknown>, kind: StoreKind): Promise<string[]> {
  return (await readSchema(db, kind)).has('migration') ? await readNames(db) : [];
}

async function apply(trx: Kysely<unknown>, kind: StoreKind, migration: Migration): Promise<boolean> {
  const known = await readNames(trx);
  assertKnown(known);
  if (known.includes(migration.name)) return false;
  const { column, tableSuffix } = SCHEMA_WRITERS[kind];
  await migration.up(
    trx,
    async (name, clauses) => {
      const columns = clauses.map(column).join(', ');
      await sql`create table ${sql.table(name)} (${sql.raw(columns)}) ${sql.raw(tableSuffix)}`.execute(trx);
    },
    async (table, clause) => {
      await sql`alter table ${sql.table(table)} add column ${sql.raw(column(clause))}`.execute(trx);
    },
  );
  await sql`insert into migration (name, applied_at) values (${migration.name}, ${Date.now()})`.execute(trx);
  return true;
}

async function readNames(db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from migration order by name`.execute(db);
  return rows.map((row) => row.name);
}

function assertKnown(names: readonly string[]): void {
  const unknown = names.filter((name) => !MIGRATION_NAMES.includes(name));
  if (unknown.length === 0) return;
  throw new PlatformError(
    'STORE_NEWER',
    `the store was written by a newer release: it has ${unknown.join(', ')}, which this program does not know`,
    { hint: 'Start the newer release again, or restore a backup made before the update.' },
  );
}
