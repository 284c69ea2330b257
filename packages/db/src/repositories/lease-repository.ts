import type { Queryable } from '../store.ts';

export interface LeaseRepository {
  /**
   * Takes or prolongs a named lease.
   *
   * @returns its epoch while `owner` holds it, `undefined` while somebody else does. The epoch grows with every
   *   change of hands, so that a write conditional on it cannot come from a former holder.
   */
  acquire(name: string, owner: string, nowMs: number, durationMs: number): Promise<number | undefined>;
  /** Ends the leases of owners that begin so. */
  expireAll(ownerPrefix: string): Promise<void>;
}

/** All SQL on the table `lease`. */
export function createLeaseRepository(db: Queryable): LeaseRepository {
  return {
    async acquire(name, owner, nowMs, durationMs) {
      const expiresAt = nowMs + durationMs;
      await db
        .insertInto('lease')
        .values({ name, owner, epoch: 1, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
      const renewed = await db
        .updateTable('lease')
        .set({ expires_at: expiresAt })
        .where('name', '=', name)
        .where('owner', '=', owner)
        .returning('epoch')
        .executeTakeFirst();
      if (renewed) return renewed.epoch;
      const taken = await db
        .updateTable('lease')
        .set((eb) => ({ owner, expires_at: expiresAt, epoch: eb('epoch', '+', 1) }))
        .where('name', '=', name)
        .where('expires_at', '<', nowMs)
        .returning('epoch')
        .executeTakeFirst();
      return taken?.epoch;
    },

    async expireAll(ownerPrefix) {
      await db
        .updateTable('lease')
        .set({ expires_at: 0 })
        .where('owner', 'like', `${ownerPrefix}%`)
        .execute();
    },
  };
}
