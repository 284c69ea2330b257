import type { Kysely, Transaction } from 'kysely';
import type { FeedKind } from '@racetrack-platform/contracts';
import type { Database } from './database.ts';
import type { StoreKind } from './schema-writer.ts';
import type { StoreStatistics } from './store-statistics.ts';

/** What repositories work on: the pool, or the transaction the caller is in. */
export type Queryable = Kysely<Database>;

/** A transaction that can say which records of the change feed it altered. */
export interface StoreTransaction {
  readonly db: Transaction<Database>;
  /**
   * Marks a feed record as changed: it will be sent to every pub with the revision of this very transaction.
   *
   * @param kind - of the record.
   * @param id - its key: job id, token hash, subject id, setting name or `FAMILY/PATTERN` of a pin.
   */
  feedChanged(kind: FeedKind, id: string): void;
  /** The feed revision that this transaction will be committed as; asked again, the same. */
  nextRevision(): Promise<number>;
}

export interface Store {
  readonly kind: StoreKind;
  readonly db: Kysely<Database>;
  /**
   * Runs `work` in one transaction, that must await nothing but SQL on `trx.db`. Transactions follow each other, also
   * those of other processes: what one reads stays as it is until it has ended.
   *
   * @returns its result, and the feed revision it was committed as (`undefined` when it changed no feed record).
   * @throws PlatformError `STORE_UNAVAILABLE` when the database cannot be used. If it went away during the commit, the
   *   outcome is unknown: everything was committed or nothing.
   */
  transaction<T>(
    work: (trx: StoreTransaction) => Promise<T>,
  ): Promise<{ result: T; revision: number | undefined }>;
  /**
   * Calls back after commits that changed feed records: those of this process, and those of others within about a
   * second. Revisions only grow; one call may stand for several commits. Returns the way to stop.
   */
  onFeedChanged(listener: (revision: number) => void): () => void;
  /** What this process has asked of the store so far, and how its connections are used now. */
  statistics(): StoreStatistics;
  close(): Promise<void>;
}
