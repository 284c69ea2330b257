import { setTimeout as sleep } from 'node:timers/promises';
import {
  createDeploymentRepository,
  createInstanceRepository,
  createJobRepository,
  type JobRow,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { recordAudit } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { removePinsOfJob } from '../pins/change-pins.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { isStoreOutage } from '../store/store-outage.ts';

export interface DeleteJobDeps {
  readonly store: Store;
  readonly replicas: Replicas;
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
    await createInstanceRepository(trx.db).moveDeployment(job.deployment_id, ['launching', 'active'], {
      state: 'draining',
      drain_since: Date.now(),
      drain_revision: await trx.nextRevision(),
    });
    await recordAudit(trx, {
      eventType: 'job_deleted',
      executor: subject.name,
      executorSubjectId: subject.subjectId,
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
    await removePinsOfJob(trx, { executor: subject.name, executorSubjectId: subject.subjectId }, job.id);
    await createJobRepository(trx.db).moveToTrash(job, { deleted_at: Date.now(), deleted_by: subject.name });
    trx.feedChanged('job', job.id);
    for (const holder of holders) trx.feedChanged('subject', holder.subject_id);
    failpoint('before-deleted');
  });
  failpoint('after-deleted');
  deps.nudgeReconciler();
  // Of a lost job nothing runs that could be waited for.
  if (job.status === 'lost') return;
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
    if (!(await isAnyLeft(deps, deploymentId))) return;
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Instances of a host that is dead are removed when it comes back, and with the store away nobody can tell. */
async function isAnyLeft({ store, replicas }: DeleteJobDeps, deploymentId: string): Promise<boolean> {
  try {
    const left = await createInstanceRepository(store.db).listByDeployment(deploymentId);
    return left.some(({ host_id }) => host_id === null || replicas.isHostAlive(host_id));
  } catch (error) {
    // The deletion itself is stored.
    if (isStoreOutage(error)) return false;
    throw error;
  }
}
