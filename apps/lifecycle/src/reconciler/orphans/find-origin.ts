import { access } from 'node:fs/promises';
import {
  createDeploymentRepository,
  createJobRepository,
  createOrphanRepository,
  fromJson,
  type DeploymentRow,
  type JobRow,
  type Queryable,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { JobRef } from '@racetrack-platform/plugin-sdk';
import { launchSpecSchema } from '../../deployments/launch-spec.ts';
import type { Orphan } from './observe-orphans.ts';

type Tombstone = NonNullable<Awaited<ReturnType<ReturnType<typeof createOrphanRepository>['findTombstone']>>>;

/** Where an orphan comes from, as far as the store still knows: a deployment, or else the tombstone of its job. */
export interface Origin {
  readonly job: JobRef;
  readonly deploymentTimestamp: number;
  /** Missing only when there is a tombstone. */
  readonly deployment: DeploymentRow | undefined;
  readonly tombstone: Tombstone | undefined;
  /** A job whose other instances run: this one is a replica of it that was forgotten. */
  readonly joined: JobRow | undefined;
}

/**
 * Finds what is needed to make an orphan a job again.
 *
 * @throws PlatformError with the reason why it cannot be adopted, and what to do instead: `BAD_REQUEST` when too little
 *   is known or it has ended, `ALREADY_EXISTS` when another job of that name and version runs, `DEPLOYMENT_IN_PROGRESS`.
 */
export async function findOrigin(db: Queryable, orphan: Orphan): Promise<Origin> {
  const { launchedAs, instanceId: id } = orphan;
  if (launchedAs === undefined) {
    throw refuse(`the target ${orphan.target.name} does not tell which job it is`, id);
  }
  const { job, deploymentTimestamp } = launchedAs;
  const name = `${job.name} ${job.version}`;
  if (orphan.state === 'exited') {
    throw refuse(`it has ended (${orphan.reason ?? 'nobody knows why'}): there is nothing to adopt`, id);
  }
  const store = createOrphanRepository(db);
  const deployment = await store.findDeployment(job.name, job.version, deploymentTimestamp);
  const tombstone = await store.findTombstone(job.name, job.version);
  if (deployment === undefined && tombstone === undefined) {
    throw new PlatformError(
      'BAD_REQUEST',
      `neither a deployment nor a tombstone of ${name} is in this store: nobody knows how it was made`,
      { hint: `Deploy ${name} again, then take this instance away: racetrack orphan remove ${id}` },
    );
  }
  if (deployment?.status === 'failed') throw refuse(`its deployment ${deployment.id} failed`, id);
  await refuseOngoing(db, job);
  const existing = await createJobRepository(db).find(job.name, job.version);
  if (existing !== undefined && existing.deployment_id !== deployment?.id) throw conflict(name, id);
  return { job, deploymentTimestamp, deployment, tombstone, joined: existing };
}

/** Whether an instance of this deployment could be started again when it ends: what it was built of is still there. */
export async function canBeRestarted({ deployment }: Origin): Promise<boolean> {
  if (deployment === undefined || deployment.launch_spec === null) return false;
  const spec = launchSpecSchema.parse(fromJson(deployment.launch_spec));
  try {
    for (const path of [spec.sourceDir, spec.environmentDir, spec.pluginDir]) await access(path);
    return true;
  } catch {
    return false;
  }
}

/** What to say of one that could not. */
export const NO_RESTART =
  'what it was built of is not here any more: it runs, but cannot be started again before it is redeployed';

async function refuseOngoing(db: Queryable, { name, version }: JobRef): Promise<void> {
  if (!(await createDeploymentRepository(db).isVersionInProgress(name, version))) return;
  throw new PlatformError('DEPLOYMENT_IN_PROGRESS', `${name} ${version} is being deployed right now`, {
    hint: 'Wait until the deployment ends; then look again with: racetrack orphan list',
  });
}

function refuse(reason: string, id: string): PlatformError {
  return new PlatformError('BAD_REQUEST', reason, { hint: `Take it away: racetrack orphan remove ${id}` });
}

function conflict(name: string, id: string): PlatformError {
  return new PlatformError('ALREADY_EXISTS', `there is a job ${name} already, with instances of its own`, {
    hint: `Take this instance away (racetrack orphan remove ${id}), or delete the job first and adopt it then.`,
  });
}
