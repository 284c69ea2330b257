import type { Insertable, Selectable, Updateable } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import { cleanTexts } from '../codec.ts';
import type { JobTable, TrashJobTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type JobRow = Selectable<JobTable>;

export interface JobRepository {
  find(name: string, version: string): Promise<JobRow | undefined>;
  findById(id: string): Promise<JobRow | undefined>;
  /** @throws PlatformError `JOB_NOT_FOUND`. */
  get(name: string, version: string): Promise<JobRow>;
  /** Newest first, then by name. */
  list(): Promise<JobRow[]>;
  listVersions(name: string): Promise<string[]>;
  insert(row: Insertable<JobTable>): Promise<void>;
  update(id: string, change: Updateable<JobTable>): Promise<void>;
  /** Moves the time of the last call forward, never back. */
  noteCall(id: string, calledAt: number): Promise<void>;
  /** Removes the row with its permissions and public endpoints, and leaves a tombstone. */
  moveToTrash(
    job: JobRow,
    deletion: Pick<Insertable<TrashJobTable>, 'deleted_at' | 'deleted_by'>,
  ): Promise<void>;
  wasDeleted(name: string, version: string): Promise<boolean>;
  /** Whether a job of this name was ever published: then it is somebody's. */
  isNameTaken(name: string): Promise<boolean>;
  listPublicEndpoints(jobId: string): Promise<{ endpoint: string; is_active: number }[]>;
  /** Adds requests for endpoints not seen before; they stay closed until an administrator opens them. */
  requestPublicEndpoints(
    jobId: string,
    endpoints: readonly { id: string; endpoint: string }[],
  ): Promise<void>;
}

/** All SQL on the tables `job`, `trash_job` and `public_endpoint`. */
export function createJobRepository(db: Queryable): JobRepository {
  async function find(name: string, version: string): Promise<JobRow | undefined> {
    return await db
      .selectFrom('job')
      .selectAll()
      .where('name', '=', name)
      .where('version', '=', version)
      .executeTakeFirst();
  }

  return {
    find,
    ...createTrash(db),
    ...createPublicEndpoints(db),

    async findById(id) {
      return await db.selectFrom('job').selectAll().where('id', '=', id).executeTakeFirst();
    },

    async get(name, version) {
      const row = await find(name, version);
      if (row) return row;
      throw jobNotFound(name, version);
    },

    async list() {
      return await db.selectFrom('job').selectAll().orderBy('updated_at', 'desc').orderBy('name').execute();
    },

    async listVersions(name) {
      const rows = await db.selectFrom('job').select('version').where('name', '=', name).execute();
      return rows.map((row) => row.version);
    },

    async insert(row) {
      await db.insertInto('job').values(row).execute();
    },

    async update(id, change) {
      await db.updateTable('job').set(cleanTexts(change)).where('id', '=', id).execute();
    },

    async noteCall(id, calledAt) {
      await db
        .updateTable('job')
        .set({ last_call_at: calledAt })
        .where('id', '=', id)
        .where((eb) => eb.or([eb('last_call_at', 'is', null), eb('last_call_at', '<', calledAt)]))
        .execute();
    },

    async isNameTaken(name) {
      const job = await db
        .selectFrom('job')
        .select('id')
        .where('name', '=', name)
        .limit(1)
        .executeTakeFirst();
      if (job) return true;
      const trashed = db.selectFrom('trash_job').select('id').where('name', '=', name).limit(1);
      return (await trashed.executeTakeFirst()) !== undefined;
    },
  };
}

/** The error for a job that does not exist, in the words of Racetrack 2.36. */
export function jobNotFound(name: string, version: string): PlatformError {
  return new PlatformError('JOB_NOT_FOUND', 'Job record not found for given name, version', {
    hint: `There is no job ${name} ${version}; \`racetrack list\` shows those that exist.`,
  });
}

function createTrash(db: Queryable): Pick<JobRepository, 'moveToTrash' | 'wasDeleted'> {
  return {
    async moveToTrash(job, deletion) {
      const { id, name, version, manifest_yaml, deployed_by, created_at, updated_at } = job;
      await db.deleteFrom('trash_job').where('id', '=', id).execute();
      await db
        .insertInto('trash_job')
        .values({ id, name, version, manifest_yaml, deployed_by, created_at, updated_at, ...deletion })
        .execute();
      await db.deleteFrom('job').where('id', '=', id).execute();
    },

    async wasDeleted(name, version) {
      const row = await db
        .selectFrom('trash_job')
        .select('id')
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

function createPublicEndpoints(
  db: Queryable,
): Pick<JobRepository, 'listPublicEndpoints' | 'requestPublicEndpoints'> {
  return {
    async listPublicEndpoints(jobId) {
      return await db
        .selectFrom('public_endpoint')
        .select(['endpoint', 'is_active'])
        .where('job_id', '=', jobId)
        .orderBy('endpoint')
        .execute();
    },

    async requestPublicEndpoints(jobId, endpoints) {
      if (endpoints.length === 0) return;
      await db
        .insertInto('public_endpoint')
        .values(endpoints.map(({ id, endpoint }) => ({ id, job_id: jobId, endpoint, is_active: 0 as const })))
        .onConflict((conflict) => conflict.columns(['job_id', 'endpoint']).doNothing())
        .execute();
    },
  };
}
