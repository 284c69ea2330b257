import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, type Dialect } from 'kysely';
import type { ConnectionScope } from '../connection-scope.ts';
import type { PostgresOptions } from '../store-options.ts';
import type { StatisticsRecorder } from '../store-statistics.ts';
import { PostgresDriver } from './postgres-driver.ts';

/** Kysely over `pg`, with a driver of ours: transactions that write follow each other, and nothing waits for ever. */
export function createPostgresDialect(
  options: PostgresOptions,
  scope: ConnectionScope,
  recorder: StatisticsRecorder,
): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PostgresDriver(options, scope, recorder),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
