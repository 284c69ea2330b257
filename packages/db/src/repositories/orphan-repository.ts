import type { Insertable, Selectable } from 'kysely';
import type { OrphanRemovalTable, TrashJobTable } from '../database.ts';
import type { Queryable } from '../store.ts';
import type { DeploymentRow } from './deployment-repository.ts';

export type OrphanRemovalRow = Selectable<OrphanRemovalTable>;

/** What is left in the store of jobs whose instances nobody claims. */
export interface OrphanRepository {
  /** The deployment that launched an instance, told by the timestamp that the instance was given (seconds). */
  findDeployment(name: string, version: string, timestamp: number): Promise<DeploymentRow | undefined>;
  /** The newest tombstone of a version. */
  findTombstone(name: string, version: string): Promise<Selectable<TrashJobTable> | undefined>;
  /** Has an instance removed; asking again changes nothing, and answers false. */
  requestRemoval(row: Insertable<OrphanRemovalTable>): Promise<boolean>;
  /** Oldest first. */
  listRemovals(): Promise<OrphanRemovalRow[]>;
  /** It is gone. */
  endRemoval(instanceId: string): Promise<void>;
}

/** All SQL on the table `orphan_removal`, and what is looked for when an instance is found that no row claims. */
export function createOrphanRepository(db: Queryable): OrphanRepository {
  return {
    async findDeployment(name, version, timestamp) {
      return await db
        .selectFrom('deployment')
        .selectAll()
        .where('job_name', '=', name)
        .where('job_version', '=', version)
        .where('deployment_timestamp', '=', timestamp)
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst();
    },

    async findTombstone(name, version) {
      return await db
        .selectFrom('trash_job')
        .selectAll()
        .where('name', '=', name)
        .where('version', '=', version)
        .orderBy('deleted_at', 'desc')
        .limit(1)
        .executeTakeFirst();
    },

    async requestRemoval(row) {
      const inserted = await db
        .insertInto('orphan_removal')
        .values(row)
        .onConflict((conflict) => conflict.column('instance_id').doNothing())
        .returning('instance_id')
        .executeTakeFirst();
      return inserted !== undefined;
    },

    async listRemovals() {
      return await db
        .selectFrom('orphan_removal')
        .selectAll()
        .orderBy('requested_at')
        .orderBy('instance_id')
        .execute();
    },

    async endRemoval(instanceId) {
      await db.deleteFrom('orphan_removal').where('instance_id', '=', instanceId).execute();
    },
  };
}
