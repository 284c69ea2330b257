import type { ExpressionBuilder, Insertable, Selectable, Updateable } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import type { DeploymentPhase } from '@racetrack-platform/contracts';
import { cleanTexts } from '../codec.ts';
import type { Database, DeploymentTable } from '../database.ts';
import type { Queryable } from '../store.ts';
import { createDeploymentQueue, type DeploymentQueue } from './deployment-queue.ts';
import { selectReadGrants } from './select-read-grants.ts';

export type DeploymentRow = Selectable<DeploymentTable>;

/** Proof of the right to drive a deployment; a newer epoch makes it void. */
export interface DeploymentLease {
  readonly id: string;
  readonly owner: string;
  readonly epoch: number;
}

export interface DeploymentRepository extends DeploymentQueue {
  find(id: string): Promise<DeploymentRow | undefined>;
  get(id: string): Promise<DeploymentRow>;
  /** Newest first. */
  list(limit: number): Promise<DeploymentRow[]>;
  /** The same, of those that a subject made, or that are of a job or family that it may read. */
  listVisible(subjectId: string, limit: number): Promise<DeploymentRow[]>;
  /** Writes the words of a deployment under way; nothing when it is over. */
  setPhase(id: string, phase: string, nowMs: number): Promise<void>;
  /** Adds a line to the warnings of a deployment under way, as long as there is room; nothing when it is over. */
  appendWarning(id: string, warning: string, nowMs: number): Promise<void>;
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
  /** Those in progress; phases without one are left out. */
  countByPhase(): Promise<ReadonlyMap<DeploymentPhase, number>>;
  /** Whether somebody else's deployment of this name is under way, or, without `exceptSubjectId`, anybody's. */
  isNameInProgress(name: string, exceptSubjectId?: string): Promise<boolean>;
  isVersionInProgress(name: string, version: string): Promise<boolean>;
  /** Artifact keys that a live job or a deployment under way needs. */
  listArtifactKeysInUse(): Promise<string[]>;
  /** What instances of a live job, or those of a deployment under way, are launched with; JSON. */
  listLaunchSpecsInUse(): Promise<string[]>;
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

  async function get(id: string): Promise<DeploymentRow> {
    const row = await find(id);
    if (row) return row;
    throw new PlatformError('DEPLOYMENT_NOT_FOUND', `deployment with ID ${id} was not found`, {
      hint: 'Look for it in the list of deployments: GET /api/v1/deploy.',
    });
  }

  return {
    ...createDeploymentQueue(db),
    find,

    get,

    async list(limit) {
      return await db
        .selectFrom('deployment')
        .selectAll()
        .orderBy('updated_at', 'desc')
        .limit(limit)
        .execute();
    },

    async listVisible(subjectId, limit) {
      return await db
        .selectFrom('deployment')
        .selectAll()
        .where((eb) => eb.or([eb('subject_id', '=', subjectId), eb.exists(selectReadGrants(eb, subjectId))]))
        .orderBy('updated_at', 'desc')
        .limit(limit)
        .execute();
    },

    async setPhase(id, phase, nowMs) {
      await db
        .updateTable('deployment')
        .set(cleanTexts({ phase, updated_at: nowMs }))
        .where('id', '=', id)
        .where('status', '=', 'in_progress')
        .execute();
    },

    async appendWarning(id, warning, nowMs) {
      const { warnings } = await get(id);
      await db
        .updateTable('deployment')
        .set(cleanTexts({ warnings: addWarning(warnings ?? '', warning), updated_at: nowMs }))
        .where('id', '=', id)
        .where('status', '=', 'in_progress')
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
      const ongoing = await findOngoing(db, row);
      const when =
        ongoing === undefined ? '' : `, recently updated at ${new Date(ongoing.updated_at).toISOString()}`;
      const message = `There's already ongoing deployment of job ${job}${when}`;
      throw new PlatformError('DEPLOYMENT_IN_PROGRESS', message, { hint: adviseOnOngoing(ongoing?.id) });
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

    async countByPhase() {
      const rows = await db
        .selectFrom('deployment')
        .select((eb) => ['step', eb.fn.countAll<number>().as('count')])
        .where('status', '=', 'in_progress')
        .groupBy('step')
        .execute();
      return new Map(rows.map(({ step, count }) => [step, count]));
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
        .where(isNeeded)
        .execute();
      return rows.flatMap((row) => row.artifact_key ?? []);
    },

    async listLaunchSpecsInUse() {
      const rows = await db
        .selectFrom('deployment')
        .select('launch_spec')
        .distinct()
        .where('launch_spec', 'is not', null)
        .where(isNeeded)
        .execute();
      return rows.flatMap((row) => row.launch_spec ?? []);
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

/** Most characters that are kept of what clients add. */
const MAX_WARNINGS_LENGTH = 20_000;
const DROPPED = 'further warnings were dropped: there is no room for more';

/** What is known stays; what finds no room goes, and a line says so. */
function addWarning(known: string, warning: string): string {
  if (known.split('\n').includes(DROPPED)) return known;
  const text = known === '' ? warning : `${known}\n${warning}`;
  if (text.length <= MAX_WARNINGS_LENGTH) return text;
  return `${text.slice(0, MAX_WARNINGS_LENGTH - DROPPED.length - 1)}\n${DROPPED}`;
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

/** The deployment of a version that is under way; it may have ended since. */
async function findOngoing(
  db: Queryable,
  { job_name: name, job_version: version }: Pick<DeploymentRow, 'job_name' | 'job_version'>,
): Promise<Pick<DeploymentRow, 'id' | 'updated_at'> | undefined> {
  return await db
    .selectFrom('deployment')
    .select(['id', 'updated_at'])
    .where('job_name', '=', name)
    .where('job_version', '=', version)
    .where('status', '=', 'in_progress')
    .executeTakeFirst();
}

/** What can be done about it. */
function adviseOnOngoing(id: string | undefined): string {
  if (id === undefined) return 'Deploy again.';
  return `Wait until it ends (racetrack deploy --watch ${id}), or end it: racetrack cancel ${id}`;
}

/** A deployment under way, or one that a job or an instance comes from. */
function isNeeded(eb: ExpressionBuilder<Database, 'deployment'>) {
  return eb.or([
    eb('status', '=', 'in_progress'),
    eb.exists(eb.selectFrom('job').select('job.id').whereRef('job.deployment_id', '=', 'deployment.id')),
    eb.exists(
      eb
        .selectFrom('instance')
        .select('instance.id')
        .whereRef('instance.deployment_id', '=', 'deployment.id'),
    ),
  ]);
}
