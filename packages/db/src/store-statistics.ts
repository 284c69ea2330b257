/** Connections of this process. SQLite has one. */
export interface PoolState {
  /** Open now. */
  readonly size: number;
  /** Of them, without a user. */
  readonly available: number;
  /** Users that wait for one. */
  readonly waiting: number;
}

/** What one process has asked of its store since it opened it. */
export interface StoreStatistics {
  readonly queries: number;
  readonly failedQueries: number;
  readonly connectionsOpened: number;
  readonly connectionsFailed: number;
  /** How often a connection was given back to the pool. */
  readonly connectionsReturned: number;
  readonly pool: PoolState;
  /** Transactions of this process that wait for the one before them. */
  readonly transactionsWaiting: number;
}

/** Counts for {@link StoreStatistics}; drivers add what they see. */
export class StatisticsRecorder {
  queries = 0;
  failedQueries = 0;
  connectionsOpened = 0;
  connectionsFailed = 0;
  connectionsReturned = 0;
  /** Set by the driver once there are connections. */
  readPool: () => PoolState = () => ({ size: 0, available: 0, waiting: 0 });
}
