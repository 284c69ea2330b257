import type { Insertable, Selectable, Updateable } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import { cleanTexts, toFlag, type Flag } from '../codec.ts';
import type { JobTable, TrashJobTable } from '../database.ts';
import type { Queryable } from '../store.ts';
import { joinedMarks, markOf, type MarkedJob } from './job-marks.ts';

export type JobRow = Selectable<JobTable>;

export interface JobRepository {
  find(name: string, version: string): Promise<JobRow | undefined>;
  findById(id: string): Promise<JobRow | undefined>;
  /** @throws PlatformError `JOB_NOT_FOUND`. */
  get(name: string, version: string): Promise<JobRow>;
  /** Newest first, then by name. */
  list(): Promise<JobRow[]>;
  /** Of all jobs, for {@link splitMarks}: the same text as long as nothing that is shown of any job has changed. */
  readMarks(): Promise<string>;
  /** Those of these ids that exist, with their marks as of the same moment. */
  listMarked(ids: readonly string[]): Promise<MarkedJob[]>;
  /** Names and versions, in the order of {@link list}. */
  listVersionsOfAll(): Promise<Pick<JobRow, 'id' | 'name' | 'version'>[]>;
  /** What their status is judged by: of all jobs, or of one. */
  listWatched(id?: string): Promise<WatchedJob[]>;
  listVersions(name: string): Promise<string[]>;
  /** How many jobs have which status; statuses that no job has are left out. */
  countByStatus(): Promise<ReadonlyMap<string, number>>;
  /** How many jobs of which job type are where; those that are lost are left out. */
  countUse(): Promise<JobUse[]>;
  /** A job of this name whose manifest was edited since it was deployed: of this version, or else the latest edit. */
  findEdited(name: string, version: string): Promise<JobRow | undefined>;
  insert(row: Insertable<JobTable>): Promise<void>;
  update(id: string, change: Updateable<JobTable>): Promise<void>;
  /** Shows a notice with every job of a target that has none. */
  setNotice(target: string, notice: string): Promise<void>;
  /** Takes that notice away again, and no other. */
  clearNotice(target: string, notice: string): Promise<void>;
  /** Shows a notice with every job whose job type is none of these and that has no notice, and takes it from the others. */
  setNoticeOfJobTypes(available: readonly string[], notice: string): Promise<void>;
  /** Moves the time of the last call forward, never back. */
  noteCall(id: string, calledAt: number): Promise<void>;
  /** Removes the row with its permissions and public endpoints, and leaves a tombstone. */
  moveToTrash(
    job: JobRow,
    deletion: Pick<Insertable<TrashJobTable>, 'deleted_at' | 'deleted_by'>,
  ): Promise<void>;
  wasDeleted(name: string, version: string): Promise<boolean>;
  /** A deleted job by the id that it had. */
  findDeleted(id: string): Promise<Pick<JobRow, 'id' | 'name' | 'version'> | undefined>;
  /** Whether a job of this name was ever published: then it is somebody's. */
  isNameTaken(name: string): Promise<boolean>;
  listPublicEndpoints(jobId: string): Promise<{ endpoint: string; is_active: number }[]>;
  /** Those that anybody may call, of all jobs; by job and endpoint. */
  listOpenEndpoints(): Promise<{ jobId: string; endpoint: string }[]>;
  /** Of all jobs, with who opened them; by job and endpoint. */
  listPublicEndpointRequests(filter: {
    readonly jobId?: string | undefined;
    readonly isActive?: boolean | undefined;
  }): Promise<PublicEndpointRequest[]>;
  /** Opens or closes an endpoint that was asked for; closing forgets who opened it. */
  setPublicEndpoint(
    jobId: string,
    endpoint: string,
    approval: { readonly by: string; readonly at: number } | null,
  ): Promise<void>;
  /** Adds requests for endpoints not seen before; they stay closed until an administrator opens them. */
  requestPublicEndpoints(
    jobId: string,
    endpoints: readonly { id: string; endpoint: string }[],
  ): Promise<void>;
}

/** Jobs of one job type at one target. */
export interface JobUse {
  /** `name:version`. */
  readonly jobType: string;
  readonly target: string;
  readonly count: number;
}

/** A job with where and since when it should run. */
export interface WatchedJob extends Pick<
  JobRow,
  'id' | 'name' | 'version' | 'status' | 'error' | 'deployment_id' | 'infrastructure_target'
> {
  /** `null`: nowhere in particular. */
  readonly host_id: string | null;
  /** In seconds since the epoch. */
  readonly deployment_timestamp: number | null;
}

/** An endpoint that a job's manifest asks to be public. */
export interface PublicEndpointRequest {
  readonly name: string;
  readonly version: string;
  readonly endpoint: string;
  readonly is_active: Flag;
  readonly approved_by: string | null;
  readonly approved_at: number | null;
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

    async readMarks() {
      const row = await db.selectFrom('job').select(joinedMarks().as('marks')).executeTakeFirst();
      return row?.marks ?? '';
    },

    async listMarked(ids) {
      if (ids.length === 0) return [];
      return await db
        .selectFrom('job')
        .selectAll()
        .select(markOf().as('mark'))
        .where('id', 'in', ids)
        .execute();
    },

    async listVersionsOfAll() {
      const jobs = db.selectFrom('job').select(['id', 'name', 'version']);
      return await jobs.orderBy('updated_at', 'desc').orderBy('name').execute();
    },

    async listWatched(id) {
      let query = db
        .selectFrom('job')
        .leftJoin('deployment', 'deployment.id', 'job.deployment_id')
        .select(['job.id', 'name', 'version', 'job.status', 'job.error', 'job.deployment_id'])
        .select(['job.infrastructure_target', 'deployment.host_id', 'deployment.deployment_timestamp']);
      if (id !== undefined) query = query.where('job.id', '=', id);
      return await query.execute();
    },

    async listVersions(name) {
      const rows = await db.selectFrom('job').select('version').where('name', '=', name).execute();
      return rows.map((row) => row.version);
    },

    async findEdited(name, version) {
      const edited = await db
        .selectFrom('job')
        .selectAll()
        .where('name', '=', name)
        .where('manifest_edited_at', 'is not', null)
        .orderBy('manifest_edited_at', 'desc')
        .execute();
      return edited.find((job) => job.version === version) ?? edited[0];
    },

    async countByStatus() {
      const rows = await db
        .selectFrom('job')
        .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
        .groupBy('status')
        .execute();
      return new Map(rows.map(({ status, count }) => [status, count]));
    },

    async countUse() {
      return await db
        .selectFrom('job')
        .select((eb) => [
          'job_type_version as jobType',
          'infrastructure_target as target',
          eb.fn.countAll<number>().as('count'),
        ])
        .where('status', '!=', 'lost')
        .groupBy(['job_type_version', 'infrastructure_target'])
        .execute();
    },

    async insert(row) {
      await db.insertInto('job').values(row).execute();
    },

    async update(id, change) {
      await db.updateTable('job').set(cleanTexts(change)).where('id', '=', id).execute();
    },

    async setNotice(target, notice) {
      await db
        .updateTable('job')
        .set({ notice })
        .where('infrastructure_target', '=', target)
        .where('notice', 'is', null)
        .execute();
    },

    async clearNotice(target, notice) {
      await db
        .updateTable('job')
        .set({ notice: null })
        .where('infrastructure_target', '=', target)
        .where('notice', '=', notice)
        .execute();
    },

    async setNoticeOfJobTypes(available, notice) {
      // Imported jobs need not have one.
      const known = ['', ...available];
      await db
        .updateTable('job')
        .set({ notice })
        .where('job_type_version', 'not in', known)
        .where('notice', 'is', null)
        .execute();
      await db
        .updateTable('job')
        .set({ notice: null })
        .where('job_type_version', 'in', known)
        .where('notice', '=', notice)
        .execute();
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

function createTrash(db: Queryable): Pick<JobRepository, 'moveToTrash' | 'wasDeleted' | 'findDeleted'> {
  return {
    async moveToTrash(job, deletion) {
      await db.deleteFrom('trash_job').where('id', '=', job.id).execute();
      await db
        .insertInto('trash_job')
        .values({
          id: job.id,
          name: job.name,
          version: job.version,
          manifest_yaml: job.manifest_yaml,
          deployed_by: job.deployed_by,
          created_at: job.created_at,
          updated_at: job.updated_at,
          status: job.status,
          error: job.error,
          image_tag: job.deployment_id,
          last_call_at: job.last_call_at,
          infrastructure_target: job.infrastructure_target,
          job_type_version: job.job_type_version,
          ...deletion,
        })
        .execute();
      await db.deleteFrom('job').where('id', '=', job.id).execute();
    },

    async findDeleted(id) {
      return await db
        .selectFrom('trash_job')
        .select(['id', 'name', 'version'])
        .where('id', '=', id)
        .executeTakeFirst();
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
): Pick<
  JobRepository,
  | 'listOpenEndpoints'
  | 'listPublicEndpoints'
  | 'listPublicEndpointRequests'
  | 'requestPublicEndpoints'
  | 'setPublicEndpoint'
> {
  return {
    async listOpenEndpoints() {
      return await db
        .selectFrom('public_endpoint')
        .select(['job_id as jobId', 'endpoint'])
        .where('is_active', '=', 1)
        .orderBy('job_id')
        .orderBy('endpoint')
        .execute();
    },

    async listPublicEndpointRequests({ jobId, isActive }) {
      let query = db
        .selectFrom('public_endpoint')
        .innerJoin('job', 'job.id', 'public_endpoint.job_id')
        .select(['job.name', 'job.version', 'endpoint', 'is_active', 'approved_by', 'approved_at']);
      if (jobId !== undefined) query = query.where('job_id', '=', jobId);
      if (isActive !== undefined) query = query.where('is_active', '=', toFlag(isActive));
      return await query.orderBy('job.name').orderBy('job.version').orderBy('endpoint').execute();
    },

    async setPublicEndpoint(jobId, endpoint, approval) {
      await db
        .updateTable('public_endpoint')
        .set({
          is_active: toFlag(approval !== null),
          approved_by: approval?.by ?? null,
          approved_at: approval?.at ?? null,
        })
        .where('job_id', '=', jobId)
        .where('endpoint', '=', endpoint)
        .execute();
    },

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
