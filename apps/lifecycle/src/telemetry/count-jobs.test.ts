import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createJobGauge } from './count-jobs.ts';

describe('jobs_count_by_status', () => {
  test('has every status, counted at each scrape', async () => {
    const registry = new Registry();
    let running = 1;
    createJobGauge(registry, async () => new Map([['running', running++]]));

    expect(await registry.metrics()).toContain('jobs_count_by_status{status="running"} 1');
    const text = await registry.metrics();
    expect(text).toContain('jobs_count_by_status{status="running"} 2');
    for (const status of ['starting', 'error', 'orphaned', 'lost'])
      expect(text).toContain(`jobs_count_by_status{status="${status}"} 0`);
  });

  test('says nothing when the store does not answer', async () => {
    const registry = new Registry();
    createJobGauge(registry, async () => {
      throw new Error('the store is away');
    });
    expect(await registry.metrics()).not.toContain('status=');
  });
});
