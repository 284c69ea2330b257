import { sql, type Kysely } from 'kysely';
import * as initial from './migrations/0001-initial.ts';

/** Creates one table from its column clauses, in the form the database at hand wants. */
export type TableBuilder = (name: string, clauses: readonly string[]) => Promise<void>;

interface Migration {
  readonly name: string;
  up(db: Kysely<unknown>, table: TableBuilder): Promise<void>;
}

/** Only ever added to: a released migration never changes. */
const MIGRATIONS: readonly Migration[] = [{ name: '0001-initial', up: initial.up }];

/**
 * Brings the schema up to date; each migration in a transaction of its own, so that a crash leaves the previous state.
 * Safe with two starters: the transaction holds the write lock before it looks which migrations are done.
 *
 * @returns the names of the migrations that were applied now.
 */
export async function migrate(db: Kysely<unknown>): Promise<string[]> {
  await sql`create table if not exists migration (name text primary key, applied_at integer not null)`.execute(
    db,
  );
  const applied: string[] = [];
  for (const migration of MIGRATIONS) {
    const isNew = await db.transaction().execute(async (trx) => await apply(trx, migration));
    if (isNew) applied.push(migration.name);
  }
  return applied;
}

async function apply(trx: Kysely<unknown>, migration: Migration): Promise<boolean> {
  const known = await sql`select name from migration where name = ${migration.name}`.execute(trx);
  if (known.rows.length > 0) return false;
  await migration.up(trx, sqliteTableBuilder(trx));
  await sql`insert into migration (name, applied_at) values (${migration.name}, ${Date.now()})`.execute(trx);
  return true;
}

/** STRICT: SQLite then refuses a value of the wrong type instead of storing it. */
function sqliteTableBuilder(db: Kysely<unknown>): TableBuilder {
  return async (name, clauses) => {
    await sql`create table ${sql.table(name)} (${sql.raw(clauses.join(', '))}) strict`.execute(db);
  };
}
