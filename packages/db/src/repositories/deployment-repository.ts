import type { Insertable, Selectable, Updateable } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import { cleanTexts } from '../codec.ts';
import type { DeploymentTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type DeploymentRow = Selectable<DeploymentTable>;

/** Proof of the right to drive a deployment; a newer epoch makes it void. */
export interface DeploymentLease {
  readonly id: string;
  readonly owner: string;
  readonly epoch: number;
}

export interface DeploymentRepository {
  find(id: string): Promise<DeploymentRow | undefined>;
  get(id: string): Promise<DeploymentRow>;
  /** Newest first. */
  list(limit: number): Promise<DeploymentRow[]>;
  /** The newest attempt for a version; with `withBuildLog` the newest one that wrote a build log. */
  findLatest(
    name: string,
    version: string,
    options: { withBuildLog: boolean },
  ): Promise<DeploymentRow | undefined>;
  /** The newest attempt for any version of a name that wrote a build log. */
  findNewestBuilt(name: string): Promise<DeploymentRow | undefined>;
  /** @throws PlatformError `DEPLOYMENT_IN_PROGRESS` when one for this name and version is under way. */
  insert(row: Insertable<DeploymentTable>): Promise<void>;
  /**
   * Takes the oldest deployment that nobody drives, or whose driver's lease ran out.
   *
   * @param hostId - of the claimer: it takes its own host's, those of no host, and those whose host is not among
   *   `liveHostIds` and cannot drive them any more.
   */
  claimNext(
    owner: string,
    hostId: string,
    nowMs: number,
    leaseMs: number,
    liveHostIds: readonly string[],
  ): Promise<DeploymentRow | undefined>;
  /**
   * Asks the driver to end it; the first time asked stays, and its reason. From then on it cannot be published. False:
   * it is not in progress.
   */
  requestCancel(id: string, nowMs: number, reason?: string): Promise<boolean>;
  /** Ids of the deployments that an owner drives and should end. */
  listCancelRequested(owner: string): Promise<string[]>;
  /** Writes as long as nobody drives it. False: somebody does, or it is over; nothing was written. */
  updateUndriven(id: string, nowMs: number, change: Updateable<DeploymentTable>): Promise<boolean>;
  /** Prolongs a lease. False: it was lost, stop at once. */
  renew(lease: DeploymentLease, expiresAt: number): Promise<boolean>;
  /** Writes on behalf of a lease. False: it was lost, or it would publish what is cancelled; nothing was written. */
  update(lease: DeploymentLease, change: Updateable<DeploymentTable>): Promise<boolean>;
  /** Voids the leases of owners that begin so: at a start, those before us on the same data directory are dead. */
  releaseAll(ownerPrefix: string): Promise<void>;
  countInProgress(): Promise<number>;
  /** Whether somebody else's deployment of this name is under way, or, without `exceptSubjectId`, anybody's. */
  isNameInProgress(name: string, exceptSubjectId?: string): Promise<boolean>;
  isVersionInProgress(name: string, version: string): Promise<boolean>;
  /** Artifact keys that a live job or a deployment under way needs. */
  listArtifactKeysInUse(): Promise<string[]>;
  /** Names of uploaded build contexts that a deployment under way may still unpack. */
  listUploadsInUse(): Promise<string[]>;
  /** The newest timestamp given to any deployment of this job version, whole seconds. */
  findNewestTimestamp(name: string, version: string): Promise<number | undefined>;
}

/** All SQL on the table `deployment`. */
export function createDeploymentRepository(db: Queryable): DeploymentRepository {
  async function find(id: string): Promise<DeploymentRow | undefined> {
    return await db.selectFrom('deployment').selectAll().where('id', '=', id).executeTakeFirst();
  }

  return {
    find,

    async get(id) {
      const row = await find(id);
      if (row) return row;
      throw new PlatformError('DEPLOYMENT_NOT_FOUND', `deployment with ID ${id} was not found`);
    },

    async list(limit) {
      return await db
        .selectFrom('deployment')
        .selectAll()
        .orderBy('updated_at', 'desc')
        .limit(limit)
        .execute();
    },

    async findLatest(name, version, { withBuildLog }) {
      let query = db
        .selectFrom('deployment')
        .selectAll()
        .where('job_name', '=', name)
        .where('job_version', '=', version);
      if (withBuildLog) {
        query = query.where((eb) =>
          eb.exists(
            eb
              .selectFrom('build_log')
              .select('seq')
              .whereRef('build_log.deployment_id', '=', 'deployment.id'),
          ),
        );
      }
      return await query.orderBy('created_at', 'desc').orderBy('id').limit(1).executeTakeFirst();
    },

    async findNewestBuilt(name) {
      return await db
        .selectFrom('deployment')
        .selectAll()
        .where('job_name', '=', name)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('build_log')
              .select('seq')
              .whereRef('build_log.deployment_id', '=', 'deployment.id'),
          ),
        )
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst();
    },

    async insert(row) {
      const inserted = await db
        .insertInto('deployment')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (inserted) return;
      const job = `${row.job_name} ${row.job_version}`;
      throw new PlatformError('DEPLOYMENT_IN_PROGRESS', `There's already ongoing deployment of job ${job}`, {
        hint: await adviseOnOngoing(db, row),
      });
    },

    async claimNext(owner, hostId, nowMs, leaseMs, liveHostIds) {
      const otherLiveHosts = liveHostIds.filter((id) => id !== hostId);
      let next = db
        .selectFrom('deployment')
        .select('id')
        .where('status', '=', 'in_progress')
        .where('lease_expires_at', '<', nowMs)
        .orderBy('created_at')
        .orderBy('id')
        .limit(1);
      if (otherLiveHosts.length > 0) {
        next = next.where((eb) =>
          eb.or([eb('host_id', 'is', null), eb('host_id', 'not in', otherLiveHosts)]),
        );
      }
      return await db
        .updateTable('deployment')
        .set((eb) => ({
          lease_owner: owner,
          lease_epoch: eb('lease_epoch', '+', 1),
          lease_expires_at: nowMs + leaseMs,
        }))
        .where('id', '=', next)
        .where('lease_expires_at', '<', nowMs)
        .returningAll()
        .executeTakeFirst();
    },

    async requestCancel(id, nowMs, reason) {
      const result = await db
        .updateTable('deployment')
        .set((eb) => ({
          cancel_requested_at: eb.fn.coalesce('cancel_requested_at', eb.val(nowMs)),
          error: eb.fn.coalesce('error', eb.val(reason ?? null)),
        }))
        .where('id', '=', id)
        .where('status', '=', 'in_progress')
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async listCancelRequested(owner) {
      const rows = await db
        .selectFrom('deployment')
        .select('id')
        .where('status', '=', 'in_progress')
        .where('lease_owner', '=', owner)
        .where('cancel_requested_at', 'is not', null)
        .execute();
      return rows.map((row) => row.id);
    },

    async updateUndriven(id, nowMs, change) {
      const result = await db
        .updateTable('deployment')
        .set(cleanTexts(change))
        .where('id', '=', id)
        .where('status', '=', 'in_progress')
        .where('lease_expires_at', '<', nowMs)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async renew(lease, expiresAt) {
      return await updateLeased(db, lease, { lease_expires_at: expiresAt });
    },

    async update(lease, change) {
      return await updateLeased(db, lease, change);
    },

    async releaseAll(ownerPrefix) {
      await db
        .updateTable('deployment')
        .set({ lease_owner: null, lease_expires_at: 0 })
        .where('status', '=', 'in_progress')
        .where('lease_owner', 'like', `${ownerPrefix}%`)
        .execute();
    },

    async countInProgress() {
      const row = await db
        .selectFrom('deployment')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('status', '=', 'in_progress')
        .executeTakeFirstOrThrow();
      return row.count;
    },

    async isNameInProgress(name, exceptSubjectId) {
      let query = db
        .selectFrom('deployment')
        .select('id')
        .where('job_name', '=', name)
        .where('status', '=', 'in_progress');
      if (exceptSubjectId !== undefined) query = query.where('subject_id', '!=', exceptSubjectId);
      return (await query.limit(1).executeTakeFirst()) !== undefined;
    },

    async isVersionInProgress(name, version) {
      const row = await db
        .selectFrom('deployment')
        .select('id')
        .where('job_name', '=', name)
        .where('job_version', '=', version)
        .where('status', '=', 'in_progress')
        .executeTakeFirst();
      return row !== undefined;
    },

    async listArtifactKeysInUse() {
      const rows = await db
        .selectFrom('deployment')
        .select('artifact_key')
        .distinct()
        .where('artifact_key', 'is not', null)
        .where((eb) =>
          eb.or([
            eb('status', '=', 'in_progress'),
            eb.exists(
              eb.selectFrom('job').select('job.id').whereRef('job.deployment_id', '=', 'deployment.id'),
            ),
            eb.exists(
              eb
                .selectFrom('instance')
                .select('instance.id')
                .whereRef('instance.deployment_id', '=', 'deployment.id'),
            ),
          ]),
        )
        .execute();
      return rows.flatMap((row) => row.artifact_key ?? []);
    },

    async listUploadsInUse() {
      const rows = await db
        .selectFrom('deployment')
        .select('upload')
        .where('status', '=', 'in_progress')
        .where('upload', 'is not', null)
        .execute();
      return rows.flatMap((row) => row.upload ?? []);
    },

    async findNewestTimestamp(name, version) {
      const row = await db
        .selectFrom('deployment')
        .select((eb) => eb.fn.max('deployment_timestamp').as('newest'))
        .where('job_name', '=', name)
        .where('job_version', '=', version)
        .executeTakeFirst();
      return row?.newest ?? undefined;
    },
  };
}

async function updateLeased(
  db: Queryable,
  lease: DeploymentLease,
  change: Updateable<DeploymentTable>,
): Promise<boolean> {
  const result = await db
    .updateTable('deployment')
    .set(cleanTexts(change))
    .where('id', '=', lease.id)
    .where('lease_owner', '=', lease.owner)
    .where('lease_epoch', '=', lease.epoch)
    .where('status', '=', 'in_progress')
    .$if(change.step === 'published', (query) => query.where('cancel_requested_at', 'is', null))
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** What can be done about the deployment that is under way; it may have ended since. */
async function adviseOnOngoing(
  db: Queryable,
  { job_name: name, job_version: version }: Pick<DeploymentRow, 'job_name' | 'job_version'>,
): Promise<string> {
  const ongoing = await db
    .selectFrom('deployment')
    .select('id')
    .where('job_name', '=', name)
    .where('job_version', '=', version)
    .where('status', '=', 'in_progress')
    .executeTakeFirst();
  if (ongoing === undefined) return 'Deploy again.';
  const { id } = ongoing;
  return `Wait until it ends (racetrack deploy --watch ${id}), or end it: racetrack cancel ${id}`;
}
