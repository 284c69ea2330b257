import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { addProgressMetrics } from './progress-metrics.ts';
import { addStoreMetrics } from './store-metrics.ts';

const page = readFileSync(new URL('../../../../docs/reference/metrics.md', import.meta.url), 'utf8');
const statistics = {
  queries: 7,
  failedQueries: 1,
  connectionsOpened: 5,
  connectionsFailed: 2,
  connectionsReturned: 6,
  pool: { size: 5, available: 2, waiting: 3 },
  transactionsWaiting: 4,
};

function createAll(isStoreAway = false) {
  const { registry } = createMetrics({ defaults: false });
  const orFail = async <T>(value: T): Promise<T> => {
    if (isStoreAway) throw new Error('the store is away');
    return value;
  };
  addStoreMetrics(registry, { statistics: () => statistics });
  addProgressMetrics(registry, {
    countDeployments: async () => await orFail(new Map([['build', 2] as const])),
    readRevision: async () => await orFail(10),
    feed: { connectedCount: 1, acknowledged: 8 },
  });
  return registry;
}

test('tell how store, deployments and pubs come along at each scrape', async () => {
  const registry = createAll();
  await registry.metrics();
  const text = await registry.metrics();

  for (const line of [
    'lifecycle_database_queries_executed_total 7',
    'lifecycle_database_pool_in_use 3',
    'lifecycle_database_requests_waiting 3',
    'lifecycle_database_transactions_waiting 4',
    'lifecycle_deployments_in_progress{phase="accepted"} 0',
    'lifecycle_deployments_in_progress{phase="build"} 2',
    'lifecycle_feed_subscribers 1',
    'lifecycle_feed_lag_revisions 2',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test('say nothing of what the store does not tell', async () => {
  const text = await createAll(true).metrics();

  expect(text).not.toMatch(/^lifecycle_(deployments_in_progress|feed_lag_revisions)/m);
  expect(text).toContain('lifecycle_feed_subscribers 1\n');
});

test('docs/reference/metrics.md has every one of them', async () => {
  for (const { name, type, help } of await createAll().getMetricsAsJSON()) {
    expect(page).toContain(`| \`${name}\` | ${String(type)} | ${help} |`);
  }
});
