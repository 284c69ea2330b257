import { hostname } from 'node:os';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import type { Store } from '@racetrack-platform/db';
import { openTestAccess } from '../auth/open-test-access.ts';
import { StoreOutage } from '../store/store-outage.ts';
import { createLogger } from '../telemetry/logger.ts';
import { Replicas } from './replicas.ts';

function createReplicas(store: Store, hostId: string): Replicas {
  const logger = createLogger({ level: 'info', name: 'test', stream: new PassThrough() });
  const outage = new StoreOutage(logger);
  return new Replicas({ store, outage, logger, hostId, owner: `${hostId}:1`, isShared: true });
}

test('a host that was stopped in order is gone, and still known by its name to who starts later', async () => {
  const access = await openTestAccess();
  onTestFinished(async () => await access.close());
  const left = createReplicas(access.store, 'h-1');
  await left.start();
  await left.stop();
  const later = createReplicas(access.store, 'h-2');
  await later.start();

  expect(await later.findOthers()).toEqual([]);
  expect(later.listHostsAlive()).toEqual(['h-2']);
  expect([later.nameHost('h-1'), later.nameHost('h-3')]).toEqual([hostname(), 'host h-3']);
  await later.stop();
});
