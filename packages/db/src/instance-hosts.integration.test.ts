import { expect, test } from 'vitest';
import {
  createDeploymentRepository,
  createInstanceRepository,
  createReplicaRepository,
  inspectStore,
} from './index.ts';
import { describeStores } from './testing/describe-stores.ts';
import { aDeployment, anInstance } from './testing/rows.ts';

describeStores('an inspection', (fixture) => {
  test('tells where instances live, and whether a control process looks after them', async () => {
    const { store, options } = fixture;
    await createDeploymentRepository(store.db).insert(aDeployment());
    for (const [id, hostId] of [
      ['i-1', 'away'],
      ['i-2', 'away'],
      ['i-3', 'here'],
      ['i-4', null],
    ] as const) {
      await createInstanceRepository(store.db).insert(
        anInstance({ id, deployment_id: 'd', host_id: hostId }),
      );
    }
    const replicas = createReplicaRepository(store.db);
    const facts = { hostname: 'box', pid: 1, startedAt: 1 };
    await replicas.heartbeat('a', { ...facts, hostId: 'away' }, Date.now() - 60_000, 10_000);
    await replicas.heartbeat('h', { ...facts, hostId: 'here' }, Date.now(), 60_000);

    expect((await inspectStore(options))?.hosts).toEqual([
      { id: 'away', instances: 2, isLive: false },
      { id: 'here', instances: 1, isLive: true },
    ]);
  });
});
