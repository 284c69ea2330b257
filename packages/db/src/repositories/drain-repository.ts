import type { Queryable } from '../store.ts';

export interface DrainRepository {
  /** Notes that the pubs of a replica have no call in flight to an instance any more. Nothing when it is gone. */
  markDrained(instanceId: string, replicaId: string): Promise<void>;
  /** Ids of the replicas that said so. */
  listDrainedBy(instanceId: string): Promise<string[]>;
}

/** All SQL on the table `instance_drain`. */
export function createDrainRepository(db: Queryable): DrainRepository {
  return {
    async markDrained(instanceId, replicaId) {
      await db
        .insertInto('instance_drain')
        .columns(['instance_id', 'replica_id'])
        .expression((eb) =>
          eb
            .selectFrom('instance')
            .select((inner) => [
              'instance.id',
              inner.cast<string>(inner.val(replicaId), 'text').as('replica_id'),
            ])
            .where('instance.id', '=', instanceId),
        )
        .onConflict((conflict) => conflict.columns(['instance_id', 'replica_id']).doNothing())
        .execute();
    },

    async listDrainedBy(instanceId) {
      const rows = await db
        .selectFrom('instance_drain')
        .select('replica_id')
        .where('instance_id', '=', instanceId)
        .orderBy('replica_id')
        .execute();
      return rows.map((row) => row.replica_id);
    },
  };
}
