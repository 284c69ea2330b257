import { createDeploymentRepository, createLeaseRepository, type Store } from '@racetrack-platform/db';

/**
 * Takes back what earlier processes on this data directory held: the launcher's lock says that they are dead.
 *
 * @param hostId - of this data directory; leases of other hosts are none of our business.
 */
export async function reclaimHost({ kind, db }: Store, hostId: string): Promise<void> {
  const isOnly = kind === 'sqlite';
  // SQLite has one process at a time, so that every holder is dead, also one of before there were host ids.
  const owners = isOnly ? '' : `${hostId}:`;
  await createDeploymentRepository(db).releaseAll(owners);
  await createLeaseRepository(db).expireAll(owners);
  if (!isOnly) return;
  // A SQLite store lies in its data directory: what has no host yet can only be here.
  await db.updateTable('deployment').set({ host_id: hostId }).where('host_id', 'is', null).execute();
  await db.updateTable('instance').set({ host_id: hostId }).where('host_id', 'is', null).execute();
}
