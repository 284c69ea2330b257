import { EventEmitter } from 'node:events';
import { failpoint } from '@racetrack-platform/failpoints';
import { Kysely, sql, type Dialect, type Transaction } from 'kysely';
import type { FeedKind } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { ConnectionScope } from './connection-scope.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { createPostgresDialect } from './postgres/postgres-dialect.ts';
import { configureClient } from './postgres/postgres-client.ts';
import { FEED_CHANNEL, FeedWatcher } from './postgres/feed-watcher.ts';
import { createFeedRepository } from './repositories/feed-repository.ts';
import { RevisionPoll } from './revision-poll.ts';
import { SerialQueue } from './serial-queue.ts';
import { createSqliteDialect } from './sqlite/sqlite-dialect.ts';
import type { Store, StoreTransaction } from './store.ts';
import type { StoreOptions } from './store-options.ts';
import { StatisticsRecorder, type StoreStatistics } from './store-statistics.ts';
import { withTimeLimit } from './time-limit.ts';

/** A transaction waits so long for those before it in this process. */
const MAX_WAIT_MS = 15_000;
/** A transaction awaits nothing but SQL, so this is ample; what takes longer is stuck. */
const MAX_TRANSACTION_MS = 60_000;

/**
 * Opens a store and brings its schema up to date.
 *
 * @throws PlatformError `STORE_UNAVAILABLE`, `STORE_CORRUPT`, `STORE_NEWER`, `CONFIG_INVALID`.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = connectStore(options);
  try {
    await migrateStore(store);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/**
 * Brings the schema of a connected store up to date.
 *
 * @returns the names of the migrations that were applied now.
 */
export async function migrateStore(store: Store): Promise<string[]> {
  if (store.kind === 'postgres') await assertUtf8(store.db);
  return await migrate(store.db as unknown as Kysely<unknown>, store.kind);
}

/** Names, logs and manifests hold any character; a database of another encoding would refuse some of them later. */
async function assertUtf8(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{
    encoding: string;
  }>`select current_setting('server_encoding') as encoding`.execute(db);
  const encoding = rows[0]?.encoding;
  if (encoding === 'UTF8') return;
  throw new PlatformError('CONFIG_INVALID', `DATABASE_URL: the database has the encoding ${encoding}`, {
    hint: "Create one with `create database NAME encoding 'UTF8' template template0`.",
  });
}

/** Opens the SQLite store at `path`, see {@link openStore}. */
export async function openSqliteStore(path: string): Promise<Store> {
  return await openStore({ kind: 'sqlite', path });
}

/** A store as it is: its schema may be missing or old. Connects with the first query. */
export function connectStore(options: StoreOptions): Store {
  return new OpenStore(options);
}

class OpenStore implements Store {
  readonly kind: Store['kind'];
  readonly db: Kysely<Database>;
  readonly #scope = new ConnectionScope();
  readonly #recorder = new StatisticsRecorder();
  // With PostgreSQL, those that wait would hold a connection each, and leave none for reading.
  readonly #queue = new SerialQueue(MAX_WAIT_MS);
  readonly #events = new EventEmitter<{ changed: [number] }>();
  readonly #watcher: { start(): void; close(): Promise<void> };
  #isWatching = false;
  #newestRevision = 0;

  constructor(options: StoreOptions) {
    this.kind = options.kind;
    this.db = new Kysely<Database>({
      dialect: createDialect(options, this.#scope, this.#recorder),
      log: ({ level }) => {
        this.#recorder.queries += 1;
        if (level === 'error') this.#recorder.failedQueries += 1;
      },
    });
    this.#events.setMaxListeners(0);
    const poll = new RevisionPoll({
      readRevision: async () => await createFeedRepository(this.db).currentRevision(),
      onRevision: this.#announce,
    });
    this.#watcher =
      options.kind === 'sqlite' ? poll : new FeedWatcher(poll, configureClient(options), this.#announce);
  }

  async transaction<T>(
    work: (trx: StoreTransaction) => Promise<T>,
  ): Promise<{ result: T; revision: number | undefined }> {
    this.#scope.assertOutside();
    await this.#queue.enter();
    try {
      const done = await this.db.transaction().execute(async (trx) => {
        const run = this.#scope.enter(async () => await runInTransaction(this.kind, trx, work));
        return await withTimeLimit(run, MAX_TRANSACTION_MS, 'a transaction');
      });
      if (done.revision !== undefined) this.#announce(done.revision);
      return done;
    } finally {
      this.#queue.leave();
    }
  }

  onFeedChanged(listener: (revision: number) => void): () => void {
    this.#events.on('changed', listener);
    if (!this.#isWatching) this.#watcher.start();
    this.#isWatching = true;
    return () => this.#events.off('changed', listener);
  }

  statistics(): StoreStatistics {
    const { readPool, ...counts } = this.#recorder;
    return { ...counts, pool: readPool(), transactionsWaiting: this.#queue.waitingCount };
  }

  async close(): Promise<void> {
    await this.#watcher.close();
    await this.db.destroy();
  }

  /** The same commit may be heard of three ways, and those of several processes in any order. */
  readonly #announce = (revision: number): void => {
    if (revision <= this.#newestRevision) return;
    this.#newestRevision = revision;
    this.#events.emit('changed', revision);
  };
}

function createDialect(options: StoreOptions, scope: ConnectionScope, recorder: StatisticsRecorder): Dialect {
  return options.kind === 'sqlite'
    ? createSqliteDialect(options.path, scope, recorder)
    : createPostgresDialect(options, scope, recorder);
}

async function runInTransaction<T>(
  kind: Store['kind'],
  db: Transaction<Database>,
  work: (trx: StoreTransaction) => Promise<T>,
): Promise<{ result: T; revision: number | undefined }> {
  const feed = createFeedRepository(db);
  const changes = new Map<string, { kind: FeedKind; id: string }>();
  let taken: Promise<number> | undefined;
  const nextRevision = async (): Promise<number> => await (taken ??= feed.takeRevision());
  const result = await work({
    db,
    feedChanged: (changed, id) => void changes.set(`${changed} ${id}`, { kind: changed, id }),
    nextRevision,
  });
  if (changes.size === 0 && taken === undefined) return { result, revision: undefined };
  const revision = await nextRevision();
  failpoint('before-feed-recorded');
  await feed.record(revision, [...changes.values()]);
  failpoint('after-feed-recorded');
  // Sent by the server at the commit, to everyone who listens.
  if (kind === 'postgres') await sql`select pg_notify(${FEED_CHANNEL}, ${String(revision)})`.execute(db);
  return { result, revision };
}
