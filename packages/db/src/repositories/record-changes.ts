import type { Updateable } from 'kysely';
import type { UserTable } from '../database.ts';
import type { Queryable } from '../store.ts';
import type { DeploymentRow } from './deployment-repository.ts';

/** Changes that administrators make to single records, where no operation of the platform does the same. */
export interface RecordChanges {
  changeUser(
    username: string,
    change: Pick<Updateable<UserTable>, 'email' | 'first_name' | 'last_name' | 'is_superuser'>,
  ): Promise<void>;
  /** With subject, tokens and permissions. */
  deleteUser(username: string): Promise<void>;
  renameEsc(id: string, name: string): Promise<void>;
  deletePublicEndpoint(id: string): Promise<void>;
  deleteTrash(id: string): Promise<void>;
  deleteSetting(name: string): Promise<void>;
  /** With its build log. Answers false, and changes nothing, while it is under way or something of it still runs. */
  deleteDeployment(id: string): Promise<boolean>;
  /** A deployment under way that a subject asked for, or, with `jobName`, one of such a job. */
  findOngoingDeployment(of: {
    readonly subjectId: string | undefined;
    readonly jobName?: string;
  }): Promise<Pick<DeploymentRow, 'id' | 'job_name' | 'job_version'> | undefined>;
  countJobs(familyId: string): Promise<number>;
  hasFamily(familyId: string): Promise<boolean>;
}

/** See {@link RecordChanges}. */
export function createRecordChanges(db: Queryable): RecordChanges {
  return {
    async changeUser(username, change) {
      await db.updateTable('user').set(change).where('username', '=', username).execute();
    },

    async deleteUser(username) {
      await db.deleteFrom('user').where('username', '=', username).execute();
    },

    async renameEsc(id, name) {
      await db.updateTable('esc').set({ name }).where('id', '=', id).execute();
    },

    async deletePublicEndpoint(id) {
      await db.deleteFrom('public_endpoint').where('id', '=', id).execute();
    },

    async deleteTrash(id) {
      await db.deleteFrom('trash_job').where('id', '=', id).execute();
    },

    async deleteSetting(name) {
      await db.deleteFrom('setting').where('name', '=', name).execute();
    },

    async deleteDeployment(id) {
      const { numDeletedRows } = await db
        .deleteFrom('deployment')
        .where('id', '=', id)
        .where('status', '!=', 'in_progress')
        .where('id', 'not in', db.selectFrom('job').select('deployment_id'))
        .where('id', 'not in', db.selectFrom('instance').select('deployment_id'))
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async findOngoingDeployment({ subjectId, jobName }) {
      return await db
        .selectFrom('deployment')
        .select(['id', 'job_name', 'job_version'])
        .where('status', '=', 'in_progress')
        .where((eb) =>
          eb.or([
            ...(subjectId === undefined ? [] : [eb('subject_id', '=', subjectId)]),
            ...(jobName === undefined ? [] : [eb('job_name', '=', jobName)]),
          ]),
        )
        .orderBy('created_at')
        .limit(1)
        .executeTakeFirst();
    },

    async countJobs(familyId) {
      const { count } = await db
        .selectFrom('job')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('family_id', '=', familyId)
        .executeTakeFirstOrThrow();
      return count;
    },

    async hasFamily(familyId) {
      const family = db.selectFrom('job_family').select('id').where('id', '=', familyId);
      return (await family.executeTakeFirst()) !== undefined;
    },
  };
}
