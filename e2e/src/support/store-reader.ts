import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

export type StoreRow = Readonly<Record<string, unknown>>;

/** Looks into a platform's store from outside, beside the platform that has it open. */
export interface StoreReader extends AsyncDisposable {
  query(sql: string): Promise<StoreRow[]>;
}

/**
 * @param dataDir - of the platform.
 * @param databaseUrl - of its PostgreSQL store; without, it is the SQLite store in the data directory.
 */
export async function openStoreReader(dataDir: string, databaseUrl?: string): Promise<StoreReader> {
  return databaseUrl === undefined
    ? openSqlite(join(dataDir, 'store', 'racetrack.db'))
    : await openPostgres(databaseUrl);
}

function openSqlite(path: string): StoreReader {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  return {
    query: async (sql) => database.prepare(sql).all(),
    async [Symbol.asyncDispose]() {
      database.close();
    },
  };
}

async function openPostgres(url: string): Promise<StoreReader> {
  const { Pool } = await import('pg');
  const pool = new Pool({ connectionString: url, max: 1 });
  return {
    query: async (sql) => (await pool.query<Record<string, unknown>>(sql)).rows,
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}
