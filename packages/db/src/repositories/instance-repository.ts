import { sql, type Insertable, type Selectable, type Updateable } from 'kysely';
import type { InstanceState, InstanceTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type InstanceRow = Selectable<InstanceTable>;

export interface InstanceRepository {
  list(): Promise<InstanceRow[]>;
  /** Ids of those that serve jobs, for {@link splitInstanceIds}; in the order of {@link listByDeployment}. */
  readIdsByJob(): Promise<string>;
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

    async readIdsByJob() {
      const row = await db
        .selectFrom('instance')
        .innerJoin('job', 'job.deployment_id', 'instance.deployment_id')
        .select(joinedIds().as('ids'))
        .executeTakeFirst();
      return row?.ids ?? '';
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

/** A line for each instance: one text is read far faster than many rows. */
function joinedIds() {
  return sql<string | null>`string_agg(job.id || ' ' || instance.id, ${'\n'}
    order by instance.created_at, instance.id)`;
}

/** Ids of instances by the id of their job, from such a text. */
export function splitInstanceIds(text: string): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>();
  if (text === '') return ids;
  for (const line of text.split('\n')) {
    const [jobId = '', id = ''] = line.split(' ');
    const own = ids.get(jobId);
    if (own === undefined) ids.set(jobId, [id]);
    else own.push(id);
  }
  return ids;
}
