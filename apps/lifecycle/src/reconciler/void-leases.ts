import { createDeploymentRepository, type Queryable } from '@racetrack-platform/db';

/** Ends all leases. Only for a store that one server at a time can open: then their holders are dead. */
export async function voidLeases(db: Queryable): Promise<void> {
  await createDeploymentRepository(db).releaseAll();
  await db.updateTable('lease').set({ expires_at: 0 }).execute();
}
