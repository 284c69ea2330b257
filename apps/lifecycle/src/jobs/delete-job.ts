import { setTimeout as sleep } from 'node:timers/promises';
import {
  createDeploymentRepository,
  createFeedRepository,
  createInstanceRepository,
  createJobRepository,
  type JobRow,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';

export interface DeleteJobDeps {
  readonly store: Store;
  readonly nudgeReconciler: () => void;
  /** Milliseconds that calls in flight have. */
  readonly drainLimitMs: number;
}

/** How often the deletion looks whether the instances are gone. */
const POLL_INTERVAL_MS = 50;
/** On top of the drain limit: what the target may need to stop an instance. */
const REMOVAL_TIMEOUT_MS = 45_000;

/**
 * Takes a job off its route, leaves a tombstone, and waits until its instances have finished their calls and are
 * gone. What is left after that time goes on being removed in the background.
 */
export async function deleteJob(
  deps: DeleteJobDeps,
  subject: AuthenticatedSubject,
  job: JobRow,
): Promise<void> {
  await deps.store.transaction(async (trx) => {
    await refuseWhileDeploying(trx, job);
    const revision = (await createFeedRepository(trx.db).currentRevision()) + 1;
    await createInstanceRepository(trx.db).moveDeployment(job.deployment_id, ['launching', 'active'], {
      state: 'draining',
      drain_since: Date.now(),
      drain_revision: revision,
    });
    await recordAudit(trx, {
      eventType: 'job_deleted',
      executor: subject.name,
      subject: job.deployed_by,
      jobName: job.name,
      jobVersion: job.version,
    });
    const holders = await trx.db
      .selectFrom('permission')
      .select('subject_id')
      .distinct()
      .where('job_id', '=', job.id)
      .execute();
    await createJobRepository(trx.db).moveToTrash(job, { deleted_at: Date.now(), deleted_by: subject.name });
    trx.feedChanged('job', job.id);
    for (const holder of holders) trx.feedChanged('subject', holder.subject_id);
  });
  deps.nudgeReconciler();
  await waitUntilGone(deps, job.deployment_id);
}

/** Its end would bring the job back, and undo a deletion that was acknowledged. */
async function refuseWhileDeploying(trx: StoreTransaction, { name, version }: JobRow): Promise<void> {
  if (!(await createDeploymentRepository(trx.db).isVersionInProgress(name, version))) return;
  throw new PlatformError('DEPLOYMENT_IN_PROGRESS', `job ${name} ${version} is being deployed right now`, {
    hint: 'Wait until the deployment ends, then delete the job.',
  });
}

async function waitUntilGone(deps: DeleteJobDeps, deploymentId: string): Promise<void> {
  const deadline = Date.now() + deps.drainLimitMs + REMOVAL_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const left = await createInstanceRepository(deps.store.db).listByDeployment(deploymentId);
    if (left.length === 0) return;
    await sleep(POLL_INTERVAL_MS);
  }
}
