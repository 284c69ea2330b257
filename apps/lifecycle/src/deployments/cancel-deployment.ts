import { findGrant, type DeploymentPhase } from '@racetrack-platform/contracts';
import {
  createBuildLogRepository,
  createDeploymentRepository,
  createInstanceRepository,
  type DeploymentRow,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { recordAudit } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { LeaseLostError, type DeploymentRun } from './deployment-context.ts';
import { forgetUnusedFamily } from './forget-unused-family.ts';
import { noteFailedReturn } from './note-failed-return.ts';

/** From the first of these on callers may reach the new instances already. */
const TOO_LATE: ReadonlySet<DeploymentPhase> = new Set(['published', 'done']);
const HINT = 'Deploy again when you want it; what ran before has not changed.';

/**
 * Cancels a deployment. One that nobody drives yet ends at once; of another one its driver hears within a second,
 * whichever replica it is. Asking again changes nothing. The request is committed when this returns, so that it
 * survives a crash.
 *
 * @returns the file name of the build context that nobody needs any more, if the deployment ended at once and had one.
 * @throws PlatformError `PERMISSION_DENIED`, or `DEPLOYMENT_NOT_CANCELLABLE` when it is over or published.
 */
export async function cancelDeployment(
  store: Store,
  subject: AuthenticatedSubject,
  id: string,
): Promise<string | null> {
  const { result } = await store.transaction(async (trx) => {
    const deployments = createDeploymentRepository(trx.db);
    const row = await deployments.get(id);
    requireRight(subject, row);
    if (row.cancel_requested_at !== null) return null;
    refuseTooLate(row);
    const reason = `cancelled by ${subject.name}`;
    await deployments.requestCancel(id, Date.now(), reason);
    await recordAudit(trx, {
      eventType: 'deployment_cancelled',
      executor: subject.name,
      executorSubjectId: subject.subjectId,
      subject: row.deployed_by,
      jobName: row.job_name,
      jobVersion: row.job_version,
      properties: { deployment_id: id },
    });
    const hasEnded = await deployments.updateUndriven(id, Date.now(), describeEnd(reason));
    if (hasEnded) await clearAway(trx, row, reason);
    failpoint('before-cancel-requested');
    return hasEnded ? row.upload : null;
  });
  failpoint('after-cancel-requested');
  return result;
}

/**
 * Ends a deployment that was cancelled, on behalf of its driver, which has stopped everything that it had started.
 * Nothing happens when it is over, when it goes on, or when somebody else drives it now.
 */
export async function endIfCancelled(run: DeploymentRun): Promise<void> {
  if (run.row.status !== 'in_progress' || run.signal.aborted) return;
  try {
    await run.reload();
    if (run.row.cancel_requested_at !== null) await end(run);
  } catch (error) {
    if (!(error instanceof LeaseLostError) && !run.signal.aborted) throw error;
  }
}

async function end(run: DeploymentRun): Promise<void> {
  await run.outlast(
    async () =>
      await run.transaction(async (trx) => {
        const reason = run.row.error ?? 'cancelled';
        await run.advanceIn(trx.db, describeEnd(reason));
        await clearAway(trx, run.row, reason);
        failpoint('before-cancelled');
      }),
  );
  failpoint('after-cancelled');
  run.deps.metrics.doneDeployments.inc();
  run.deps.nudgeReconciler();
}

function describeEnd(reason: string) {
  return {
    status: 'failed',
    error: reason,
    error_code: 'DEPLOYMENT_CANCELLED',
    hint: HINT,
    upload: null,
    updated_at: Date.now(),
  } as const;
}

async function clearAway(trx: StoreTransaction, row: DeploymentRow, reason: string): Promise<void> {
  // Whoever reads the log later sees that it was not cut off.
  await createBuildLogRepository(trx.db).append(row.id, `${reason}\n`);
  await createInstanceRepository(trx.db).moveDeployment(row.id, ['launching'], { state: 'removing' });
  await noteFailedReturn(trx, row, { code: 'DEPLOYMENT_CANCELLED', message: reason });
  await forgetUnusedFamily(trx, row.job_name);
}

/** Whoever made it, whoever may deploy the job, and the staff. */
function requireRight(subject: AuthenticatedSubject, row: DeploymentRow): void {
  if (row.subject_id === subject.subjectId || subject.isStaff) return;
  const family = { family: row.job_name, jobId: null, endpoint: null };
  if (findGrant(subject.permissions, 'deploy_job', family) !== undefined) return;
  throw new PlatformError('PERMISSION_DENIED', `${subject.caller} may not cancel this deployment`, {
    hint: `Ask ${row.deployed_by}, who made it, or an administrator.`,
  });
}

function refuseTooLate({ status, step, error_code: code }: DeploymentRow): void {
  if (status === 'in_progress' && !TOO_LATE.has(step)) return;
  const state =
    status === 'in_progress'
      ? 'published already'
      : status === 'done'
        ? 'done'
        : `over (${code ?? 'failed'})`;
  throw new PlatformError(
    'DEPLOYMENT_NOT_CANCELLABLE',
    `the deployment is ${state}: there is nothing to cancel`,
    {
      hint: 'To take the job away, delete it: racetrack delete NAME --version VERSION.',
    },
  );
}
