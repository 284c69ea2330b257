import { Pool, type PoolClient } from 'pg';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import type { ConnectionScope } from '../connection-scope.ts';
import { toParameter } from '../parameters.ts';
import type { StatisticsRecorder } from '../store-statistics.ts';
import { AnswerWatch } from './answer-watch.ts';
import { configureClient } from './postgres-client.ts';
import { isConnectionLost, toStoreError } from './postgres-errors.ts';
import { describeStore, type PostgresOptions } from '../store-options.ts';

/**
 * Held by every transaction that writes, until its end: they follow each other as with SQLite. READ COMMITTED then shows
 * each what all before it have committed. The number is only ever used for this.
 */
const WRITE_LOCK = '5211034687253019';
const BEGIN = `begin; select pg_advisory_xact_lock(${WRITE_LOCK})`;

/** Connections of a bounded pool, handed to one user each. */
export class PostgresDriver implements Driver {
  readonly #options: PostgresOptions;
  readonly #scope: ConnectionScope;
  readonly #recorder: StatisticsRecorder;
  readonly #place: string;
  readonly #watch: AnswerWatch;
  /** Connections that had a user before: they may have died in the pool meanwhile. */
  readonly #used = new WeakSet<PoolClient>();
  #pool: Pool | undefined;

  constructor(options: PostgresOptions, scope: ConnectionScope, recorder: StatisticsRecorder) {
    this.#options = options;
    this.#scope = scope;
    this.#recorder = recorder;
    this.#place = describeStore(options);
    this.#watch = new AnswerWatch(configureClient(options));
  }

  async init(): Promise<void> {
    const pool = new Pool({ ...configureClient(this.#options), max: this.#options.poolSize ?? 5 });
    // A connection that dies, idle or in use, says so by an event; its next user meets the failure itself.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      client.on('error', () => undefined);
      this.#recorder.connectionsOpened += 1;
    });
    this.#pool = pool;
    this.#recorder.readPool = () => ({
      size: pool.totalCount,
      available: pool.idleCount,
      waiting: pool.waitingCount,
    });
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    this.#scope.assertOutside();
    return new PostgresConnection(await this.#connect(), {
      reconnect: async () => await this.#connect(),
      wasUsed: (client) => this.#used.has(client),
      place: this.#place,
      watch: this.#watch,
    });
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await toOurs(connection).begin(settings);
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await toOurs(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await toOurs(connection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    const client = toOurs(connection).release();
    if (client === undefined) return;
    this.#used.add(client);
    this.#recorder.connectionsReturned += 1;
  }

  async destroy(): Promise<void> {
    this.#watch.stop();
    await this.#pool?.end();
    this.#pool = undefined;
  }

  async #connect(): Promise<PoolClient> {
    if (this.#pool === undefined) throw new Error('the connections to PostgreSQL are closed');
    try {
      this.#watch.assertAnswers();
      return await this.#pool.connect();
    } catch (error) {
      this.#recorder.connectionsFailed += 1;
      throw toStoreError(this.#place, error);
    }
  }
}

function toOurs(connection: DatabaseConnection): PostgresConnection {
  if (connection instanceof PostgresConnection) return connection;
  throw new TypeError('a connection of another driver');
}

interface ConnectionDeps {
  /** Another connection, when this one is lost. */
  readonly reconnect: () => Promise<PoolClient>;
  readonly wasUsed: (client: PoolClient) => boolean;
  /** The store, for people. */
  readonly place: string;
  readonly watch: AnswerWatch;
}

/** A connection in the hands of one user, from the pool and back. */
class PostgresConnection implements DatabaseConnection {
  readonly #deps: ConnectionDeps;
  /** Undefined: it was lost, and there was no other. */
  #client: PoolClient | undefined;
  #isLost = false;
  #isInTransaction = false;
  /** The end of the statement before: those of one connection follow each other. */
  #previous: Promise<unknown> = Promise.resolve();

  constructor(client: PoolClient, deps: ConnectionDeps) {
    this.#client = client;
    this.#deps = deps;
  }

  /** Begins a transaction; when the connection has died in the pool, on another one: nothing was done yet. */
  async begin({ accessMode, isolationLevel }: TransactionSettings): Promise<void> {
    const isolation = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`;
    try {
      await this.#onLiving(async () => {
        await this.#send(accessMode === 'read only' ? `start transaction${isolation} read only` : BEGIN);
      });
    } catch (error) {
      // Begun without getting the lock in time: the next user must not find it open.
      await this.rollback();
      throw error;
    }
    this.#isInTransaction = true;
  }

  /**
   * A failure here is STORE_UNAVAILABLE with an unknown outcome: the server may have committed before the connection
   * broke. The work is never run again for it; whoever asked looks at what is there, or asks again.
   */
  async commit(): Promise<void> {
    const { command } = await this.#send('commit');
    this.#isInTransaction = false;
    if (command === 'COMMIT') return;
    throw new PlatformError('INTERNAL', 'the transaction was rolled back: a statement in it had failed');
  }

  /** Without a failure of its own, so that the reason for it stays the one that is told. */
  async rollback(): Promise<void> {
    this.#isInTransaction = false;
    if (this.#isLost) return;
    try {
      await this.#send('rollback');
    } catch {
      this.#isLost = true;
    }
  }

  /** @returns what is given back to the pool. */
  release(): PoolClient | undefined {
    const client = this.#client;
    this.#client = undefined;
    client?.release(this.#isLost);
    return client;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const parameters = query.parameters.map(toParameter);
    const send = async (): Promise<QueryResult<R>> => await this.#execute<R>(query.sql, parameters);
    if (this.#isInTransaction) return await send();
    if (query.query.kind === 'SelectQueryNode') return await this.#onLiving(send);
    // A write outside a transaction is one by itself, and waits for its turn like all of them.
    await this.begin({});
    try {
      const result = await send();
      await this.commit();
      return result;
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  // oxlint-disable-next-line require-yield -- the interface wants a generator
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows of PostgreSQL are read in pages, not as a stream');
  }

  async #execute<R>(sql: string, parameters: unknown[]): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.#send(sql, parameters);
    const isWrite = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE';
    return {
      rows: rows as R[],
      ...(isWrite && rowCount !== null && { numAffectedRows: BigInt(rowCount) }),
    };
  }

  /**
   * Repeats what leaves no trace when it breaks off, as long as connections turn out to have died in the pool: after a
   * restart of the server that is all of them. A failure of a new one counts.
   */
  async #onLiving<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!this.#isLost || this.#client === undefined || !this.#deps.wasUsed(this.#client)) throw error;
      }
      this.release();
      this.#client = await this.#deps.reconnect();
      this.#isLost = false;
    }
  }

  async #send(
    sql: string,
    parameters?: unknown[],
  ): Promise<{ command: string; rowCount: number | null; rows: unknown[] }> {
    const answer = this.#previous.then(async () => {
      const client = this.#client;
      if (client === undefined) throw new Error('the connection was lost');
      return await this.#deps.watch.during(client, async () => await client.query(sql, parameters));
    });
    this.#previous = answer.catch(() => undefined);
    try {
      return await answer;
    } catch (error) {
      this.#isLost ||= isConnectionLost(error);
      throw toStoreError(this.#deps.place, error);
    }
  }
}
