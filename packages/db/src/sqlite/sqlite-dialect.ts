import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type Dialect } from 'kysely';
import type { ConnectionScope } from '../connection-scope.ts';
import type { StatisticsRecorder } from '../store-statistics.ts';
import { SqliteDriver } from './sqlite-driver.ts';

/**
 * Kysely over Node's own SQLite: WAL, `synchronous=FULL` (what was acknowledged survives a power cut),
 * foreign keys on, `BEGIN IMMEDIATE` (a transaction never fails halfway for want of the write lock).
 *
 * @param path - of the database file; created when missing.
 */
export function createSqliteDialect(
  path: string,
  scope: ConnectionScope,
  recorder: StatisticsRecorder,
): Dialect {
  return {
    createAdapter: () => new QueueingAdapter(),
    createDriver: () => new SqliteDriver(path, scope, recorder),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely would queue users of the one connection itself, before the driver can see who comes: the driver does it. */
class QueueingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}
