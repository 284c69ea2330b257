import { EventEmitter } from 'node:events';
import { Kysely, type Transaction } from 'kysely';
import type { FeedKind } from '@racetrack-platform/contracts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { createFeedRepository } from './repositories/feed-repository.ts';
import { createSqliteDialect } from './sqlite/sqlite-dialect.ts';
import { insideTransaction } from './sqlite/inside-transaction.ts';

/** What repositories work on: the pool, or the transaction the caller is in. */
export type Queryable = Kysely<Database>;

/** A transaction that can say which records of the change feed it altered. */
export interface StoreTransaction {
  readonly db: Transaction<Database>;
  /**
   * Marks a feed record as changed: it will be sent to every pub with the revision of this very transaction.
   *
   * @param kind - of the record.
   * @param id - its key: job id, token hash, subject id or setting name.
   */
  feedChanged(kind: FeedKind, id: string): void;
}

export interface Store {
  readonly db: Kysely<Database>;
  /**
   * Runs `work` in one transaction, that must await nothing but SQL on `trx.db`.
   *
   * @returns its result, and the feed revision it was committed as (`undefined` when it changed no feed record).
   */
  transaction<T>(
    work: (trx: StoreTransaction) => Promise<T>,
  ): Promise<{ result: T; revision: number | undefined }>;
  /** Calls back after every commit that changed feed records of this process. Returns the way to stop. */
  onFeedChanged(listener: (revision: number) => void): () => void;
  close(): Promise<void>;
}

/**
 * Opens the SQLite store and brings its schema up to date.
 *
 * @param path - of the database file.
 */
export async function openSqliteStore(path: string): Promise<Store> {
  const db = new Kysely<Database>({ dialect: createSqliteDialect(path) });
  await migrate(db as unknown as Kysely<unknown>);
  return createStore(db);
}

function createStore(db: Kysely<Database>): Store {
  const events = new EventEmitter<{ changed: [number] }>();
  events.setMaxListeners(0);
  return {
    db,
    async transaction(work) {
      const done = await db
        .transaction()
        .execute(async (trx) => await insideTransaction.run(true, runInTransaction, trx, work));
      if (done.revision !== undefined) events.emit('changed', done.revision);
      return done;
    },
    onFeedChanged(listener) {
      events.on('changed', listener);
      return () => events.off('changed', listener);
    },
    close: async () => await db.destroy(),
  };
}

async function runInTransaction<T>(
  trx: Transaction<Database>,
  work: (trx: StoreTransaction) => Promise<T>,
): Promise<{ result: T; revision: number | undefined }> {
  const changes = new Map<string, { kind: FeedKind; id: string }>();
  const result = await work({
    db: trx,
    feedChanged: (kind, id) => void changes.set(`${kind} ${id}`, { kind, id }),
  });
  if (changes.size === 0) return { result, revision: undefined };
  const revision = await createFeedRepository(trx).record([...changes.values()]);
  return { result, revision };
}
