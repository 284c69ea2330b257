import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import type { ConnectionScope } from '../connection-scope.ts';
import { toParameter } from '../parameters.ts';
import { SerialQueue } from '../serial-queue.ts';
import type { StatisticsRecorder } from '../store-statistics.ts';
import { isBusy, toStoreError } from './sqlite-errors.ts';

/** Prepared statements kept; beyond it the oldest go. Kysely makes a bounded set of texts, so this is ample. */
const MAX_STATEMENTS = 500;
/** How long a user waits for those before it. */
const MAX_WAIT_MS = 30_000;
/** How long another program may hold its lock before users are turned away, until it gives it back. */
const MAX_BUSY_MS = 5_000;
/** SQLite's own waiting would stop the whole process: it answers at once, and we ask again. */
const BUSY_RETRY_MS = 20;
/**
 * How long queries may follow each other before timers and sockets have their turn: SQLite answers at once, so that a
 * thousand queries awaited one after the other would be one long piece of work to the event loop.
 */
const TURN_MS = 10;

/** One connection, handed to one user at a time: SQLite has one writer, and the calls are synchronous anyway. */
export class SqliteDriver implements Driver {
  readonly #path: string;
  readonly #scope: ConnectionScope;
  readonly #recorder: StatisticsRecorder;
  readonly #queue = new SerialQueue(MAX_WAIT_MS);
  #connection: SqliteConnection | undefined;
  #turnStartedAt = 0;

  constructor(path: string, scope: ConnectionScope, recorder: StatisticsRecorder) {
    this.#path = path;
    this.#scope = scope;
    this.#recorder = recorder;
  }

  async init(): Promise<void> {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(this.#path, { timeout: 0 });
      const connection = new SqliteConnection(database, this.#path);
      await connection.exec('PRAGMA journal_mode = WAL');
      await connection.exec('PRAGMA synchronous = FULL');
      await connection.exec('PRAGMA foreign_keys = ON');
      this.#connection = connection;
      this.#recorder.connectionsOpened += 1;
      this.#recorder.readPool = () => ({
        size: 1,
        available: this.#queue.isBusy ? 0 : 1,
        waiting: this.#queue.waitingCount,
      });
    } catch (error) {
      this.#recorder.connectionsFailed += 1;
      database?.close();
      throw toStoreError(this.#path, error);
    }
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    this.#scope.assertOutside();
    await this.#queue.enter();
    if (performance.now() - this.#turnStartedAt > TURN_MS) {
      await nextTurn();
      this.#turnStartedAt = performance.now();
    }
    return this.#current();
  }

  async beginTransaction(
    _connection: DatabaseConnection,
    { accessMode }: TransactionSettings,
  ): Promise<void> {
    // IMMEDIATE: a transaction that writes never fails halfway for want of the write lock.
    await this.#current().exec(accessMode === 'read only' ? 'BEGIN' : 'BEGIN IMMEDIATE');
  }

  async commitTransaction(): Promise<void> {
    await this.#current().exec('COMMIT');
  }

  async rollbackTransaction(): Promise<void> {
    // Some failures, such as a full disk, have ended the transaction already.
    if (this.#current().isInTransaction) await this.#current().exec('ROLLBACK');
  }

  async releaseConnection(): Promise<void> {
    this.#recorder.connectionsReturned += 1;
    this.#queue.leave();
  }

  async destroy(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #current(): SqliteConnection {
    if (this.#connection === undefined) throw new Error('the SQLite connection is not open');
    return this.#connection;
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements = new Map<string, StatementSync>();
  /** Since when every attempt has met another program's lock. */
  #busySinceMs: number | undefined;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  async exec(sql: string): Promise<void> {
    await this.#attempt(() => this.#database.exec(sql));
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const parameters = query.parameters.map(toParameter);
    return await this.#attempt(() => {
      const statement = this.#prepare(query.sql);
      if (statement.columns().length > 0) return { rows: statement.all(...parameters) as R[] };
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    });
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    const parameters = query.parameters.map(toParameter);
    // A statement of its own: a kept one could be run by somebody else between two rows.
    const rows = await this.#attempt(() => this.#database.prepare(query.sql).iterate(...parameters));
    for (const row of rows) yield { rows: [row as R] };
  }

  /** Repeats what another program's lock has kept from happening: then nothing was done. */
  async #attempt<T>(work: () => T): Promise<T> {
    for (;;) {
      try {
        const result = work();
        this.#busySinceMs = undefined;
        return result;
      } catch (error) {
        if (!isBusy(error)) throw toStoreError(this.#path, error);
        this.#busySinceMs ??= Date.now();
        // Those who queue behind do not wait as long once more, one after the other.
        if (Date.now() - this.#busySinceMs >= MAX_BUSY_MS) throw toStoreError(this.#path, error);
      }
      await sleep(BUSY_RETRY_MS);
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    if (this.#statements.size >= MAX_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}
