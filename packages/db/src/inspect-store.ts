import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { sql, type Kysely } from 'kysely';
import { messageOf } from '@racetrack-platform/errors';
import { HOST_QUERY, listInstanceHosts, toInstanceHost, type InstanceHost } from './instance-hosts.ts';
import { listAppliedMigrations, MIGRATION_NAMES } from './migrate.ts';
import { connectStore } from './open-store.ts';
import type { PostgresOptions, SqliteOptions, StoreOptions } from './store-options.ts';

/** The migration that gave instances their host. */
const HOSTS_SINCE = '0002-replicas';

/** A store as it was found, looked at without changing anything. */
export interface StoreInspection {
  /** Such as `SQLite 3.50.4` or `PostgreSQL 15.14`. */
  readonly engine: string;
  /** Names of the migrations that were applied. */
  readonly applied: readonly string[];
  /** Names of those that the next start applies. */
  readonly pending: readonly string[];
  /** Names of those that a newer release has applied. */
  readonly unknown: readonly string[];
  /** What an integrity check found; null when it found nothing, or the database server looks after that itself. */
  readonly damage: string | null;
  /** The table of facts about the store, such as the check values of its keys. */
  readonly facts: ReadonlyMap<string, string>;
  /** Data directories that job instances live in. */
  readonly hosts: readonly InstanceHost[];
}

/**
 * Looks at a store, also at one that is in use, and changes nothing.
 *
 * @returns undefined when there is no store yet.
 * @throws PlatformError `STORE_UNAVAILABLE` when a database server cannot be reached; anything that SQLite says of a file
 *   that is none of its own.
 */
export async function inspectStore(options: StoreOptions): Promise<StoreInspection | undefined> {
  return options.kind === 'sqlite' ? inspectSqlite(options) : await inspectPostgres(options);
}

function inspectSqlite({ path }: SqliteOptions): StoreInspection | undefined {
  if (!existsSync(path)) return undefined;
  using database = new DatabaseSync(locate(path), { readOnly: true, timeout: 5_000 });
  const readColumn = (query: string): string[] =>
    database
      .prepare(query)
      .all()
      .map((row) => String(Object.values(row)[0]));
  const tables = new Set(readColumn("select name from sqlite_master where type = 'table'"));
  const applied = tables.has('migration') ? readColumn('select name from migration order by name') : [];
  const facts = tables.has('meta') ? database.prepare('select key, value from meta').all() : [];
  return {
    engine: `SQLite ${readColumn('select sqlite_version()')[0]}`,
    ...compareMigrations(applied),
    damage: findDamage(() => readColumn('pragma quick_check(5)')),
    facts: new Map(facts.map(({ key, value }) => [String(key), String(value)])),
    hosts: tables.has('control_replica')
      ? database
          .prepare(HOST_QUERY)
          .all()
          .map((row) => toInstanceHost(row, Date.now()))
      : [],
  };
}

/** Without a write-ahead log nobody has it open, and nothing need be made beside it (sqlite.org/uri.html: immutable). */
function locate(path: string): string | URL {
  if (existsSync(`${path}-wal`)) return path;
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

function findDamage(check: () => string[]): string | null {
  try {
    const lines = check();
    return lines.join() === 'ok' ? null : lines.join('; ');
  } catch (error) {
    return messageOf(error);
  }
}

async function inspectPostgres(options: PostgresOptions): Promise<StoreInspection> {
  const store = connectStore(options);
  try {
    const db = store.db as unknown as Kysely<unknown>;
    const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
    const applied = await listAppliedMigrations(db, store.kind);
    const facts = applied.length === 0 ? [] : await store.db.selectFrom('meta').selectAll().execute();
    return {
      engine: `PostgreSQL ${rows[0]?.server_version ?? ''}`,
      ...compareMigrations(applied),
      damage: null,
      facts: new Map(facts.map(({ key, value }) => [key, value])),
      hosts: applied.includes(HOSTS_SINCE) ? await listInstanceHosts(db, Date.now()) : [],
    };
  } finally {
    await store.close();
  }
}

function compareMigrations(
  applied: readonly string[],
): Pick<StoreInspection, 'applied' | 'pending' | 'unknown'> {
  return {
    applied,
    pending: MIGRATION_NAMES.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !MIGRATION_NAMES.includes(name)),
  };
}
