import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createDeploymentRepository,
  createJobRepository,
  fromJson,
  toJson,
  type DeploymentRow,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { readStoredManifest } from '../build-artifact.ts';
import type { DeploymentRun } from '../deployment-context.ts';
import { openSecrets } from '../deployment-secrets.ts';
import { launchSpecSchema, renewLaunchSpec, type LaunchSpec } from '../launch-spec.ts';

/**
 * First phase of a renewal: goes straight to `launch` with what the last deployment built, where that is wanted, or
 * all there is because its files were uploaded. Replicas, resources and runtime variables are those of the manifest now.
 *
 * @returns false when it has to be built from its commit: it was asked for, or what was built is not on this machine.
 * @throws PlatformError `BUILD_CONTEXT_LOST` when the files were uploaded and what was built of them is gone.
 */
export async function relaunchArtifact(run: DeploymentRun): Promise<boolean> {
  const { row } = run;
  const previous = await run.outlast(async () => await findPrevious(run));
  if (previous === undefined || previous.launch_spec === null) return false;
  const isUploaded = previous.commit_id === null;
  if (row.kind === 'redeploy' && !isUploaded) return false;
  const recorded = launchSpecSchema.parse(fromJson(previous.launch_spec));
  if (row.job_type_version !== previous.job_type_version && !isUploaded) return false;
  if (await isThere(run, previous, recorded)) {
    if (row.kind === 'redeploy') {
      await run.warn('the files of this job were uploaded: what was built of them is launched again');
    }
    await advanceToLaunch(run, previous, recorded);
    return true;
  }
  if (isUploaded) throw lost(row);
  await run.warn('what was built before is not on this machine: it is built again from its commit');
  return false;
}

/** The deployment that serves the job until this one is published. */
async function findPrevious({ row, deps: { store } }: DeploymentRun): Promise<DeploymentRow | undefined> {
  const job = await createJobRepository(store.db).find(row.job_name, row.job_version);
  return job && (await createDeploymentRepository(store.db).find(job.deployment_id));
}

async function isThere(run: DeploymentRun, previous: DeploymentRow, spec: LaunchSpec): Promise<boolean> {
  if (previous.artifact_key === null) return false;
  const artifact = join(run.deps.buildsDir, 'artifacts', previous.artifact_key);
  try {
    for (const path of [artifact, spec.sourceDir, spec.environmentDir, spec.pluginDir]) await access(path);
    return true;
  } catch {
    return false;
  }
}

async function advanceToLaunch(
  run: DeploymentRun,
  previous: DeploymentRow,
  recorded: LaunchSpec,
): Promise<void> {
  const { deps, row } = run;
  const spec = renewLaunchSpec(recorded, {
    manifest: readStoredManifest(row.manifest_yaml),
    secretBuildEnv: openSecrets(deps.sealer, row.id, row.sealed_secrets).buildEnv,
    jobType: previous.job_type_version,
    platform: deps.platform,
  });
  await run.advance({
    step: 'launch',
    phase: 'creating cluster resources',
    commit_id: previous.commit_id,
    job_type_version: previous.job_type_version,
    artifact_key: previous.artifact_key,
    launch_spec: toJson(spec),
  });
}

function lost({ job_name: name, job_version: version }: DeploymentRow): PlatformError {
  return new PlatformError(
    'BUILD_CONTEXT_LOST',
    `${name} ${version} was built from uploaded files, and neither they nor what was built of them are here any more`,
    { hint: 'Deploy it again from its directory: racetrack deploy --force.' },
  );
}
