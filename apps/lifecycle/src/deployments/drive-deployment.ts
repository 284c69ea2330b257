import { createInstanceRepository } from '@racetrack-platform/db';
import { explainDiskFull, PlatformError, toPlatformError } from '@racetrack-platform/errors';
import type { DeploymentPhase } from '@racetrack-platform/contracts';
import { failpoint } from '@racetrack-platform/failpoints';
import { recordAudit } from '../audit/record-audit.ts';
import { awaitEndOfMaintenance } from './await-maintenance.ts';
import { forgetUnusedFamily } from './forget-unused-family.ts';
import { buildArtifact } from './build-artifact.ts';
import { noteFailedReturn } from './note-failed-return.ts';
import { LeaseLostError, type DeploymentRun } from './deployment-context.ts';
import { awaitInstances, launchInstances } from './launch-instances.ts';
import { publishJob } from './publish-job.ts';
import { RENEWALS } from './renew/accept-renewal.ts';
import { relaunchArtifact } from './renew/relaunch-artifact.ts';
import { takeOver } from './take-over.ts';

/**
 * What carries a deployment on from each step. Every function advances the row at its end, and may be run again after
 * a crash. A new phase goes here, and into `DEPLOYMENT_PHASES` of the contracts.
 */
const PHASES: Record<Exclude<DeploymentPhase, 'done'>, (run: DeploymentRun) => Promise<void>> = {
  accepted: prepareArtifact,
  source: buildArtifact,
  build: buildArtifact,
  launch: launchInstances,
  ready: awaitInstances,
  published: publishJob,
};

/** Something to launch: what was built before, for whom that will do, or else a build. */
async function prepareArtifact(run: DeploymentRun): Promise<void> {
  const isRenewal = RENEWALS.has(run.row.kind ?? 'deploy');
  if (!isRenewal || !(await relaunchArtifact(run))) await buildArtifact(run);
}

/** What the text of an error starts with, as in Racetrack 2.36. */
const ERROR_PREFIXES: Partial<Record<DeploymentPhase, string>> = {
  source: 'building an image',
  build: 'building an image',
  launch: 'creating job resource',
  ready: 'verifying deployed job',
};

/**
 * Drives a deployment from wherever it is to its end, `done` or `failed`. A lost lease or an aborted signal leaves it
 * as it is, for the next driver.
 */
export async function driveDeployment(run: DeploymentRun): Promise<void> {
  const { logger } = run.deps;
  const facts = { deployment: run.row.id, job: `${run.row.job_name} ${run.row.job_version}` };
  try {
    await run.outlast(async () => await takeOver(run));
    while (run.row.step !== 'done') {
      run.signal.throwIfAborted();
      await runPhase(run, run.row.step);
    }
    run.deps.metrics.doneDeployments.inc();
    if (run.row.kind !== 'build') run.deps.metrics.deployedJobs.inc();
    logger.info(facts, 'deployment done');
  } catch (error) {
    if (error instanceof LeaseLostError || run.signal.aborted) {
      logger.info(facts, 'deployment left to its next driver');
      return;
    }
    const failure = hidePaths(
      toPlatformError(explainDiskFull(error) ?? error, ERROR_PREFIXES[run.row.step]),
      [run.deps.buildsDir, run.deps.uploadsDir],
    );
    logger.warn({ ...facts, step: run.row.step, code: failure.code, err: error }, 'deployment failed');
    await failDeployment(run, failure);
  }
}

/** An outage of the store is no reason to fail: the phase runs again afterwards, from what is stored by then. */
async function runPhase(run: DeploymentRun, step: Exclude<DeploymentPhase, 'done'>): Promise<void> {
  try {
    await awaitEndOfMaintenance(run);
    await PHASES[step](run);
  } catch (error) {
    if (run.signal.aborted || !run.deps.outage.isCause(error)) throw error;
    await run.deps.outage.pause(run.signal);
    await run.reload();
  }
}

/** What a job or a tool says of its files is told without where the server keeps them. */
function hidePaths(failure: PlatformError, directories: readonly string[]): PlatformError {
  const message = directories.reduce((text, directory) => text.replaceAll(directory, '…'), failure.message);
  return new PlatformError(failure.code, message, { hint: failure.hint, cause: failure });
}

/** Ends a deployment as failed; its instances, if any, are removed. What ran before has not noticed anything. */
async function failDeployment(run: DeploymentRun, failure: PlatformError): Promise<void> {
  try {
    await run.outlast(async () => await storeFailure(run, failure));
    failpoint('after-failed');
    run.deps.metrics.doneDeployments.inc();
    run.deps.nudgeReconciler();
  } catch (error) {
    if (!(error instanceof LeaseLostError) && !run.signal.aborted) throw error;
  }
}

async function storeFailure(run: DeploymentRun, failure: PlatformError): Promise<void> {
  await run.transaction(async (trx) => {
    await run.advanceIn(trx.db, {
      status: 'failed',
      upload: null,
      error: failure.message,
      error_code: failure.code,
      hint: failure.hint ?? null,
    });
    await createInstanceRepository(trx.db).moveDeployment(run.row.id, ['launching'], { state: 'removing' });
    await noteFailedReturn(trx, run.row, failure);
    await forgetUnusedFamily(trx, run.row.job_name);
    await recordAudit(trx, {
      eventType: 'deployment_failed',
      executor: run.row.deployed_by,
      executorSubjectId: run.row.subject_id,
      jobName: run.row.job_name,
      jobVersion: run.row.job_version,
    });
    failpoint('before-failed');
  });
}
