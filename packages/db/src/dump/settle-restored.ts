import type { Store } from '../store.ts';

/** Names and versions, such as `adder 1.0.0`. */
export interface SettledJobs {
  /** Deployed again, at the next start, from the commits that they had. */
  readonly rebuilding: readonly string[];
  /** Whose code is nowhere but in artifacts that stayed behind. */
  readonly lost: readonly string[];
}

/**
 * Makes a restored store fit for the data directory it is now in. Instances of jobs lived in another one, and what they
 * ran from is not here: a job from git is deployed again from the commit it has, under the deployment it has, and hence
 * with its secrets; one from uploaded files has to wait for its owner. Accounts for jobs belong to a host, and are given
 * anew.
 *
 * @param restored - `createdAt`: when the backup was made, ISO 8601; `nowMs`: milliseconds of the epoch.
 */
export async function settleRestored(
  store: Store,
  restored: { readonly createdAt: string; readonly nowMs: number },
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
    const settled = { rebuilding: new Array<string>(), lost: new Array<string>() };
    for (const job of await db.selectFrom('job').selectAll().orderBy('name').orderBy('version').execute()) {
      if (!homeless.has(job.deployment_id)) continue;
      const isRebuilt = await deployAgain(db, job, restored.nowMs);
      settled[isRebuilt ? 'rebuilding' : 'lost'].push(`${job.name} ${job.version}`);
      const notice = isRebuilt
        ? `restored from a backup of ${restored.createdAt}: it is built again from the commit it had`
        : `restored from a backup of ${restored.createdAt}, without the files that were uploaded: deploy it again`;
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

type Database = Parameters<Parameters<Store['transaction']>[0]>[0]['db'];

/** @returns false when there is no commit to build from, or another deployment of it is under way, which does that. */
async function deployAgain(
  db: Database,
  job: { readonly name: string; readonly version: string; readonly deployment_id: string },
  nowMs: number,
): Promise<boolean> {
  const underway = await db
    .selectFrom('deployment')
    .select('id')
    .where('job_name', '=', job.name)
    .where('job_version', '=', job.version)
    .where('status', '=', 'in_progress')
    .executeTakeFirst();
  if (underway !== undefined) return true;
  const { numUpdatedRows } = await db
    .updateTable('deployment')
    .set({
      status: 'in_progress',
      step: 'accepted',
      phase: 'building again after a restore',
      updated_at: nowMs,
      artifact_key: null,
      launch_spec: null,
      deployment_timestamp: null,
      error: null,
      error_code: null,
      hint: null,
      cancel_requested_at: null,
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
