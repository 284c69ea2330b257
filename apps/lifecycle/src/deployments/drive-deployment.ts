import { createInstanceRepository } from '@racetrack-platform/db';
import { toPlatformError, type PlatformError } from '@racetrack-platform/errors';
import type { DeploymentPhase } from '@racetrack-platform/contracts';
import { recordAudit } from '../audit/record-audit.ts';
import { forgetUnusedFamily } from './forget-unused-family.ts';
import { buildArtifact } from './build-artifact.ts';
import { LeaseLostError, type DeploymentRun } from './deployment-context.ts';
import { awaitInstances, launchInstances } from './launch-instances.ts';
import { publishJob } from './publish-job.ts';

/**
 * What carries a deployment on from each step. Every function advances the row at its end, and may be run again after
 * a crash. A new phase goes here, and into `DEPLOYMENT_PHASES` of the contracts.
 */
const PHASES: Record<Exclude<DeploymentPhase, 'done'>, (run: DeploymentRun) => Promise<void>> = {
  accepted: buildArtifact,
  source: buildArtifact,
  build: buildArtifact,
  launch: launchInstances,
  ready: awaitInstances,
  published: publishJob,
};

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
    while (run.row.step !== 'done') {
      run.signal.throwIfAborted();
      await PHASES[run.row.step](run);
    }
    run.deps.metrics.doneDeployments.inc();
    run.deps.metrics.deployedJobs.inc();
    logger.info(facts, 'deployment done');
  } catch (error) {
    if (error instanceof LeaseLostError || run.signal.aborted) {
      logger.info(facts, 'deployment left to its next driver');
      return;
    }
    const failure = toPlatformError(error, ERROR_PREFIXES[run.row.step]);
    logger.warn({ ...facts, step: run.row.step, code: failure.code, err: error }, 'deployment failed');
    await failDeployment(run, failure);
  }
}

/** Ends a deployment as failed; its instances, if any, are removed. What ran before has not noticed anything. */
async function failDeployment(run: DeploymentRun, failure: PlatformError): Promise<void> {
  try {
    await run.deps.store.transaction(async (trx) => {
      await run.advanceIn(trx.db, {
        status: 'failed',
        error: failure.message,
        error_code: failure.code,
        hint: failure.hint ?? null,
      });
      await createInstanceRepository(trx.db).moveDeployment(run.row.id, ['launching'], { state: 'removing' });
      await forgetUnusedFamily(trx, run.row.job_name);
      await recordAudit(trx, {
        eventType: 'deployment_failed',
        executor: run.row.deployed_by,
        jobName: run.row.job_name,
        jobVersion: run.row.job_version,
      });
    });
    run.deps.metrics.doneDeployments.inc();
    run.deps.nudgeReconciler();
  } catch (error) {
    if (!(error instanceof LeaseLostError)) throw error;
  }
}
