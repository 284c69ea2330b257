import type { Insertable, Selectable, Updateable } from 'kysely';
import type { InstanceState, InstanceTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type InstanceRow = Selectable<InstanceTable>;

export interface InstanceRepository {
  list(): Promise<InstanceRow[]>;
  /** Ids of those that serve a job, by the id of the job; in the order of {@link listByDeployment}. */
  listIdsByJob(): Promise<ReadonlyMap<string, readonly string[]>>;
  listByDeployment(deploymentId: string): Promise<InstanceRow[]>;
  listByJob(name: string, version: string, states: readonly InstanceState[]): Promise<InstanceRow[]>;
  insert(row: Insertable<InstanceTable>): Promise<void>;
  update(id: string, change: Updateable<InstanceTable>): Promise<void>;
  /** Changes the state of those instances of a deployment that are in one of `from`. Answers their ids. */
  moveDeployment(
    deploymentId: string,
    from: readonly InstanceState[],
    change: Updateable<InstanceTable>,
  ): Promise<string[]>;
  delete(id: string): Promise<void>;
}

/** All SQL on the table `instance`. */
export function createInstanceRepository(db: Queryable): InstanceRepository {
  return {
    async list() {
      return await db.selectFrom('instance').selectAll().orderBy('created_at').orderBy('id').execute();
    },

    async listIdsByJob() {
      const rows = await db
        .selectFrom('instance')
        .innerJoin('job', 'job.deployment_id', 'instance.deployment_id')
        .select(['job.id as jobId', 'instance.id'])
        .orderBy('instance.created_at')
        .orderBy('instance.id')
        .execute();
      const ids = new Map<string, string[]>();
      for (const { jobId, id } of rows) {
        const own = ids.get(jobId);
        if (own === undefined) ids.set(jobId, [id]);
        else own.push(id);
      }
      return ids;
    },

    async listByDeployment(deploymentId) {
      return await db
        .selectFrom('instance')
        .selectAll()
        .where('deployment_id', '=', deploymentId)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
    },

    async listByJob(name, version, states) {
      return await db
        .selectFrom('instance')
        .selectAll()
        .where('job_name', '=', name)
        .where('job_version', '=', version)
        .where('state', 'in', states)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
    },

    async insert(row) {
      await db.insertInto('instance').values(row).execute();
    },

    async update(id, change) {
      await db.updateTable('instance').set(change).where('id', '=', id).execute();
    },

    async moveDeployment(deploymentId, from, change) {
      const rows = await db
        .updateTable('instance')
        .set(change)
        .where('deployment_id', '=', deploymentId)
        .where('state', 'in', from)
        .returning('id')
        .execute();
      return rows.map((row) => row.id);
    },

    async delete(id) {
      await db.deleteFrom('instance').where('id', '=', id).execute();
    },
  };
}
