import { Counter, Gauge, type Registry } from 'prom-client';
import type { Store, StoreStatistics } from '@racetrack-platform/db';

/** As counters: they only grow. */
const COUNTERS: readonly [string, string, (statistics: StoreStatistics) => number][] = [
  [
    'lifecycle_database_connection_opened_total',
    'Connections to the store opened',
    (s) => s.connectionsOpened,
  ],
  [
    'lifecycle_database_connection_failed_total',
    'Connections to the store that could not be had',
    (s) => s.connectionsFailed,
  ],
  [
    'lifecycle_database_connection_closed_total',
    'How often a connection was given back to the pool',
    (s) => s.connectionsReturned,
  ],
  ['lifecycle_database_queries_executed_total', 'Statements executed', (s) => s.queries],
];

const GAUGES: readonly [string, string, (statistics: StoreStatistics) => number][] = [
  ['lifecycle_database_pool_size', 'Connections of the pool', (s) => s.pool.size],
  ['lifecycle_database_pool_available', 'Connections of the pool without a user', (s) => s.pool.available],
  [
    'lifecycle_database_pool_in_use',
    'Connections of the pool with a user',
    (s) => s.pool.size - s.pool.available,
  ],
  ['lifecycle_database_requests_waiting', 'Requests that wait for a connection', (s) => s.pool.waiting],
  ['lifecycle_database_requests_errors', 'Statements that failed', (s) => s.failedQueries],
  [
    'lifecycle_database_transactions_waiting',
    'Transactions that wait for the one before them',
    (s) => s.transactionsWaiting,
  ],
];

/** How the store is used by this process, read at each scrape. */
export function addStoreMetrics(registry: Registry, store: Pick<Store, 'statistics'>): void {
  for (const [name, help, read] of COUNTERS) {
    const metric = new Counter({
      name,
      help,
      registers: [],
      collect() {
        this.reset();
        this.inc(read(store.statistics()));
      },
    });
    registry.registerMetric(metric);
  }
  for (const [name, help, read] of GAUGES) {
    const metric = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read(store.statistics()));
      },
    });
    registry.registerMetric(metric);
  }
}
