import type { Store } from '../store.ts';

/** Names and versions, such as `adder 1.0.0`. */
export interface SettledJobs {
  /** Launched again, at the next start, from what was built of them. */
  readonly relaunching: readonly string[];
  /** Deployed again, at the next start, from the commits that they had. */
  readonly rebuilding: readonly string[];
  /** Whose code is nowhere but in artifacts that stayed behind. */
  readonly lost: readonly string[];
}

/**
 * Makes a restored store fit for the data directory it is now in. Instances of jobs lived in another one, and what they
 * ran from may not be here. Where it is, it is launched again. Else a job from git is deployed again from the commit it has, under the deployment it has, and hence
 * with its secrets; one from uploaded files has to wait for its owner. Accounts for jobs belong to a host, and are given
 * anew.
 *
 * @param restored - `createdAt`: when the backup was made, ISO 8601; `nowMs`: milliseconds of the epoch; `relocate`: says
 *   the new place in what instances are launched with (JSON), undefined when not all of that is here.
 */
export async function settleRestored(
  store: Store,
  restored: {
    readonly createdAt: string;
    readonly nowMs: number;
    readonly relocate?: (launchSpec: string) => string | undefined;
  },
): Promise<SettledJobs> {
  const { result } = await store.transaction(async (trx) => {
    const { db } = trx;
    await db.deleteFrom('uid_allocation').execute();
    await db.deleteFrom('uid_range').execute();
    const gone = await db
      .deleteFrom('instance')
      .where('host_id', 'is not', null)
      .returning('deployment_id')
      .execute();
    const homeless = new Set(gone.map((row) => row.deployment_id));
    await endUploads(db, restored.nowMs);
    await db
      .updateTable('deployment')
      .set({ host_id: null, lease_owner: null, lease_expires_at: 0 })
      .execute();
    const settled = {
      relaunching: new Array<string>(),
      rebuilding: new Array<string>(),
      lost: new Array<string>(),
    };
    for (const job of await db.selectFrom('job').selectAll().orderBy('name').orderBy('version').execute()) {
      if (!homeless.has(job.deployment_id)) continue;
      const outcome = await bringBack(db, job, restored);
      settled[outcome].push(`${job.name} ${job.version}`);
      const notice = `restored from a backup of ${restored.createdAt}${NOTICES[outcome]}`;
      await db
        .updateTable('job')
        .set({ status: 'lost', error: 'no instance of this job is running', notice })
        .where('id', '=', job.id)
        .execute();
      trx.feedChanged('job', job.id);
    }
    return settled;
  });
  return result;
}

const NOTICES = {
  relaunching: ': it is started from what was built of it',
  rebuilding: ': it is built again from the commit it had',
  lost: ', without the files that were uploaded: deploy it again',
} as const satisfies Record<keyof SettledJobs, string>;

type Database = Parameters<Parameters<Store['transaction']>[0]>[0]['db'];

interface RestoredJob {
  readonly name: string;
  readonly version: string;
  readonly deployment_id: string;
}

/** Another deployment of it that is under way brings it back as well. */
async function bringBack(
  db: Database,
  job: RestoredJob,
  { nowMs, relocate }: Parameters<typeof settleRestored>[1],
): Promise<keyof SettledJobs> {
  const underway = await db
    .selectFrom('deployment')
    .select('id')
    .where('job_name', '=', job.name)
    .where('job_version', '=', job.version)
    .where('status', '=', 'in_progress')
    .executeTakeFirst();
  if (underway !== undefined) return 'rebuilding';
  const recorded = await db
    .selectFrom('deployment')
    .select('launch_spec')
    .where('id', '=', job.deployment_id)
    .where('artifact_key', 'is not', null)
    .executeTakeFirst();
  const spec = recorded?.launch_spec ?? null;
  const relocated = spec === null ? undefined : relocate?.(spec);
  if (relocated === undefined) return (await deployAgain(db, job, nowMs)) ? 'rebuilding' : 'lost';
  await db
    .updateTable('deployment')
    .set({
      ...UNDERWAY,
      step: 'launch',
      phase: 'starting after a restore',
      updated_at: nowMs,
      launch_spec: relocated,
    })
    .where('id', '=', job.deployment_id)
    .execute();
  return 'relaunching';
}

const UNDERWAY = {
  status: 'in_progress',
  deployment_timestamp: null,
  error: null,
  error_code: null,
  hint: null,
  cancel_requested_at: null,
} as const;

/** @returns false when there is no commit to build from. */
async function deployAgain(db: Database, job: RestoredJob, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deployment')
    .set({
      ...UNDERWAY,
      step: 'accepted',
      phase: 'building again after a restore',
      updated_at: nowMs,
      artifact_key: null,
      launch_spec: null,
    })
    .where('id', '=', job.deployment_id)
    .where('commit_id', 'is not', null)
    .where('upload', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What was under way starts over on its commit; uploaded files are not in a backup. */
async function endUploads(db: Database, nowMs: number): Promise<void> {
  await db
    .updateTable('deployment')
    .set({
      status: 'failed',
      updated_at: nowMs,
      upload: null,
      error: 'the uploaded files of this deployment are not in the backup that was restored',
      error_code: 'BUILD_CONTEXT_LOST',
      hint: 'Deploy again.',
    })
    .where('status', '=', 'in_progress')
    .where('upload', 'is not', null)
    .execute();
  await db
    .updateTable('deployment')
    .set({ step: 'accepted', artifact_key: null, launch_spec: null, deployment_timestamp: null })
    .where('status', '=', 'in_progress')
    .execute();
}
