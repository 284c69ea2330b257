import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import { insideTransaction } from './inside-transaction.ts';

/** Prepared statements kept; beyond it the oldest go. Kysely makes a bounded set of texts, so this is ample. */
const MAX_STATEMENTS = 500;

/** One connection, handed to one user at a time: SQLite has one writer, and the calls are synchronous anyway. */
export class SqliteDriver implements Driver {
  readonly #path: string;
  readonly #waiting: (() => void)[] = [];
  #connection: SqliteConnection | undefined;
  #busy = false;

  constructor(path: string) {
    this.#path = path;
  }

  async init(): Promise<void> {
    const database = new DatabaseSync(this.#path, { timeout: 5_000 });
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    this.#connection = new SqliteConnection(database);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (insideTransaction.getStore() === true) {
      throw new Error('a query from inside a transaction has to go through the transaction');
    }
    if (this.#busy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy = true;
    return this.#current();
  }

  async beginTransaction(): Promise<void> {
    this.#current().exec('BEGIN IMMEDIATE');
  }

  async commitTransaction(): Promise<void> {
    this.#current().exec('COMMIT');
  }

  async rollbackTransaction(): Promise<void> {
    this.#current().exec('ROLLBACK');
  }

  async releaseConnection(): Promise<void> {
    const next = this.#waiting.shift();
    // The next user takes over without the flag ever falling, so that nobody can slip in between.
    if (next) next();
    else this.#busy = false;
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
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const statement = this.#prepare(query.sql);
    const parameters = query.parameters.map(toSqlite);
    if (statement.columns().length > 0) return { rows: statement.all(...parameters) as R[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    for (const row of this.#prepare(query.sql).iterate(...query.parameters.map(toSqlite))) {
      yield { rows: [row as R] };
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

/** node:sqlite would store a `Date` as NULL and refuse booleans: both are mistakes of ours, named here. */
function toSqlite(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`a ${typeof value} cannot be stored as it is: use the codec`);
}
