import {
  createInstanceRepository,
  createJobRepository,
  type JobRow,
  type Queryable,
} from '@racetrack-platform/db';
import type { DeploymentRun } from '../../deployments/deployment-context.ts';
import { announce } from './announce.ts';
import { readHookJob, readHookManifest, type HookJob } from './hook-data.ts';

/**
 * Tells plugins that a job has been published, and, after a move, that it has left where it was. What fails becomes a
 * warning: the job serves already. Runs before the deployment is `done`, so that plugins hear of it again when the
 * platform was killed meanwhile, and never not at all.
 */
export async function announceDeployment(run: DeploymentRun): Promise<void> {
  const { deps, row, signal } = run;
  const deployed = await announce(deps.host, 'post_job_deploy', async () => await describe(run), signal);
  const left =
    row.kind === 'move'
      ? await announce(deps.host, 'post_job_delete', async () => await describeLeft(run), signal)
      : [];
  const failures = [...deployed, ...left];
  if (failures.length === 0) return;
  deps.logger.warn({ deployment: row.id, failures }, 'plugins failed after a deployment');
  await run.warn(...failures.flatMap((failure) => failure.split('\n')));
}

async function describe(run: DeploymentRun) {
  const job = await run.outlast(async () => await readPublished(run, run.deps.store.db));
  return {
    manifest: readHookManifest(run.row.manifest_yaml),
    job: await run.outlast(async () => await readHookJob(run.deps.store.db, job, run.deps.platform.pubUrl)),
    // Jobs that run without containers have none.
    imageName: '',
    deployerUsername: run.row.deployed_by,
  };
}

/** The job as it was where it ran before: its last instances there may still be finishing their calls. */
async function describeLeft(run: DeploymentRun) {
  const { deps, row } = run;
  const job = await run.outlast(async (): Promise<HookJob> => {
    const published = await readPublished(run, deps.store.db);
    const instances = await createInstanceRepository(deps.store.db).listByJob(row.job_name, row.job_version, [
      'draining',
      'removing',
    ]);
    const ids = instances.filter(({ target }) => target === row.previous_target).map(({ id }) => id);
    return {
      ...(await readHookJob(deps.store.db, published, deps.platform.pubUrl)),
      infrastructure_target: row.previous_target,
      internal_name: ids[0] ?? null,
      replica_internal_names: ids,
    };
  });
  return { job, usernameExecutor: row.deployed_by };
}

async function readPublished({ row }: DeploymentRun, db: Queryable): Promise<JobRow> {
  return await createJobRepository(db).get(row.job_name, row.job_version);
}
