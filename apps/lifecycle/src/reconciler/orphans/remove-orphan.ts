import { setTimeout as sleep } from 'node:timers/promises';
import { createOrphanRepository, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Actor } from '../../auth/actor.ts';
import type { Orphan } from './observe-orphans.ts';
import { refuseOwned } from './refuse-claimed.ts';

export interface RemoveOrphanDeps {
  readonly store: Store;
  /** Of this machine, to which instances of targets of scope `host` belong. */
  readonly hostId: string;
  readonly nudgeReconciler: () => void;
}

const POLL_INTERVAL_MS = 50;
/** A job has ten seconds after SIGTERM; what takes longer goes on in the background. */
const TIMEOUT_MS = 20_000;

/**
 * Has an orphan stopped and removed. The wish is stored first and the reconciler sees to it, so that it outlasts a
 * crash and a target that is away; whoever asks again just waits with the first.
 *
 * @throws PlatformError `ALREADY_EXISTS` for one that was adopted; `PLUGIN_UNAVAILABLE` when it is not gone in time.
 */
export async function removeOrphan(
  { store, hostId, nudgeReconciler }: RemoveOrphanDeps,
  by: Actor,
  { instanceId, target, launchedAs }: Orphan,
): Promise<void> {
  await store.transaction(async (trx) => {
    await refuseOwned(trx.db, instanceId);
    const isNew = await createOrphanRepository(trx.db).requestRemoval({
      instance_id: instanceId,
      target: target.name,
      host_id: target.scope === 'host' ? hostId : null,
      requested_by: by.executor ?? '',
      requested_at: Date.now(),
    });
    if (!isNew) return;
    await recordAudit(trx, {
      ...by,
      eventType: 'orphan_removed',
      jobName: launchedAs?.job.name,
      jobVersion: launchedAs?.job.version,
      properties: { instance: instanceId, target: target.name },
    });
  });
  nudgeReconciler();
  await waitUntilGone(store, instanceId, target.name);
}

async function waitUntilGone(store: Store, instanceId: string, target: string): Promise<void> {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_INTERVAL_MS)) {
    const removals = await createOrphanRepository(store.db).listRemovals();
    if (removals.every((row) => row.instance_id !== instanceId)) return;
  }
  throw new PlatformError('PLUGIN_UNAVAILABLE', `the target ${target} has not removed ${instanceId} yet`, {
    hint: 'It is removed as soon as the target can do it, also after a restart; nothing has to be asked again. The log of the server says what hinders it.',
  });
}
