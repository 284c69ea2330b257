import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInstanceRepository, createJobRepository } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { DeploymentRun } from './deployment-context.ts';

/**
 * Makes a deployment this host's own when the one that accepted it is dead. What that one had prepared is out of reach:
 * its instances stay with it, to be removed when it comes back, and the deployment starts again with the same commit.
 * One that is published already has only its end to be noted.
 *
 * @throws PlatformError `BUILD_CONTEXT_LOST` when the files were uploaded to the other host.
 */
export async function takeOver(run: DeploymentRun): Promise<void> {
  const { deps, row } = run;
  if (row.host_id === deps.hostId) return;
  const from = row.host_id === null ? null : deps.replicas.nameHost(row.host_id);
  deps.logger.warn({ deployment: row.id, from }, 'taking over a deployment');
  await run.transaction(async ({ db }) => {
    const job = await createJobRepository(db).find(row.job_name, row.job_version);
    if (job?.deployment_id === row.id) return await run.advanceIn(db, { host_id: deps.hostId });
    await createInstanceRepository(db).moveDeployment(row.id, ['launching'], { state: 'removing' });
    await run.advanceIn(db, {
      host_id: deps.hostId,
      step: 'accepted',
      phase: 'starting again on another machine',
      artifact_key: null,
      launch_spec: null,
      deployment_timestamp: null,
    });
  });
  run.resumedAt = run.row.step;
  if (run.row.step === 'accepted' && row.upload !== null) await requireUpload(run, row.upload, from);
}

async function requireUpload(run: DeploymentRun, upload: string, from: string | null): Promise<void> {
  try {
    await access(join(run.deps.uploadsDir, upload));
  } catch (cause) {
    const where = from === null ? 'another machine' : `the machine ${from}, which is not running`;
    throw new PlatformError('BUILD_CONTEXT_LOST', `the uploaded files of this deployment are on ${where}`, {
      hint: 'Deploy again: the files are then sent to a machine that runs.',
      cause,
    });
  }
}
