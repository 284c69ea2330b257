import type { Insertable, Selectable, Updateable } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
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
  /** Takes the oldest deployment that nobody drives, or whose driver's lease ran out. */
  claimNext(owner: string, nowMs: number, leaseMs: number): Promise<DeploymentRow | undefined>;
  /** Prolongs a lease. False: it was lost, stop at once. */
  renew(lease: DeploymentLease, expiresAt: number): Promise<boolean>;
  /** Writes on behalf of a lease. False: it was lost and nothing was written. */
  update(lease: DeploymentLease, change: Updateable<DeploymentTable>): Promise<boolean>;
  /** Voids all leases: at the start of the only server that opens this store, their owners are dead. */
  releaseAll(): Promise<void>;
  countInProgress(): Promise<number>;
  /** Whether somebody else's deployment of this name is under way, or, without `exceptSubjectId`, anybody's. */
  isNameInProgress(name: string, exceptSubjectId?: string): Promise<boolean>;
  isVersionInProgress(name: string, version: string): Promise<boolean>;
  /** Artifact keys that a live job or a deployment under way needs. */
  listArtifactKeysInUse(): Promise<string[]>;
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
        hint: 'Wait until it ends, then deploy again.',
      });
    },

    async claimNext(owner, nowMs, leaseMs) {
      const next = db
        .selectFrom('deployment')
        .select('id')
        .where('status', '=', 'in_progress')
        .where('lease_expires_at', '<', nowMs)
        .orderBy('created_at')
        .limit(1);
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

    async renew(lease, expiresAt) {
      return await updateLeased(db, lease, { lease_expires_at: expiresAt });
    },

    async update(lease, change) {
      return await updateLeased(db, lease, change);
    },

    async releaseAll() {
      await db
        .updateTable('deployment')
        .set({ lease_owner: null, lease_expires_at: 0 })
        .where('status', '=', 'in_progress')
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
    .set(change)
    .where('id', '=', lease.id)
    .where('lease_owner', '=', lease.owner)
    .where('lease_epoch', '=', lease.epoch)
    .where('status', '=', 'in_progress')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
