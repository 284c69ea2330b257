import { setTimeout as sleep } from 'node:timers/promises';
import {
  createDeploymentRepository,
  createInstanceRepository,
  createJobRepository,
  type InstanceRow,
  type JobRow,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from '../auth/actor.ts';
import { removePinsOfJob } from '../pins/change-pins.ts';
import { prepareFarewell, type AnnounceDeletionDeps } from '../plugins/hooks/announce-deletion.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { isStoreOutage } from '../store/store-outage.ts';

export interface DeleteJobDeps extends AnnounceDeletionDeps {
  readonly store: Store;
  readonly host: AnnounceDeletionDeps['host'] & { targets(): readonly { readonly name: string }[] };
  readonly replicas: Pick<Replicas, 'isHostAlive'>;
  readonly logger: {
    info(facts: object, text: string): void;
    warn(facts: object, text: string): void;
  };
  readonly nudgeReconciler: () => void;
  /** How long the deletion waits for the instances to be gone, milliseconds. @defaultValue 20 s */
  readonly waitLimitMs?: number;
}

/** How often the deletion looks whether the instances are gone. */
const POLL_INTERVAL_MS = 50;
/** Clients give up after half a minute, and should hear before that the job is deleted: it is, from the start. */
const WAIT_LIMIT_MS = 20_000;
/** For plugins that want to hear of it; those that take longer go on while the deletion is answered. */
const FAREWELL_WAIT_MS = 5_000;
/** How often the log says what is still waited for. */
const REPORT_INTERVAL_MS = 5_000;

/**
 * Takes a job off its route, leaves a tombstone, and waits for a while until its instances have finished their calls and
 * are gone. What is left then goes on being removed in the background: long calls have the drain limit, and the target
 * may take its time. At last the plugins are told.
 *
 * @returns what still runs, for whoever believes that it has ended; `undefined`: nothing that is known of.
 */
export async function deleteJob(deps: DeleteJobDeps, by: Actor, job: JobRow): Promise<string | undefined> {
  const farewell = await prepareFarewell(deps, job, by.executor);
  await deps.store.transaction(async (trx) => {
    await refuseWhileDeploying(trx, job);
    await createInstanceRepository(trx.db).moveDeployment(job.deployment_id, ['launching', 'active'], {
      state: 'draining',
      drain_since: Date.now(),
      drain_revision: await trx.nextRevision(),
    });
    await recordAudit(trx, {
      ...by,
      eventType: 'job_deleted',
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
    await removePinsOfJob(trx, by, job.id);
    await createJobRepository(trx.db).moveToTrash(job, { deleted_at: Date.now(), deleted_by: by.executor });
    trx.feedChanged('job', job.id);
    for (const holder of holders) trx.feedChanged('subject', holder.subject_id);
    failpoint('before-deleted');
  });
  failpoint('after-deleted');
  deps.nudgeReconciler();
  // Of a lost job nothing runs that could be waited for.
  const left = job.status === 'lost' ? [] : await waitUntilGone(deps, job);
  if (farewell !== undefined) {
    await Promise.race([farewell(), sleep(FAREWELL_WAIT_MS, undefined, { ref: false })]);
  }
  return left.length === 0 ? undefined : describeLeft(deps, job, left);
}

/** Its end would bring the job back, and undo a deletion that was acknowledged. */
async function refuseWhileDeploying(trx: StoreTransaction, { name, version }: JobRow): Promise<void> {
  if (!(await createDeploymentRepository(trx.db).isVersionInProgress(name, version))) return;
  throw new PlatformError('DEPLOYMENT_IN_PROGRESS', `job ${name} ${version} is being deployed right now`, {
    hint: 'Wait until the deployment ends, then delete the job.',
  });
}

/** @returns instances that are still there. */
async function waitUntilGone(deps: DeleteJobDeps, job: JobRow): Promise<readonly InstanceRow[]> {
  const facts = { job: `${job.name} ${job.version}` };
  const startedAt = Date.now();
  let reportedAt = startedAt;
  while (Date.now() - startedAt < (deps.waitLimitMs ?? WAIT_LIMIT_MS)) {
    const left = await listLeft(deps, job.deployment_id);
    if (left.length === 0) return left;
    // What nothing installed can remove is not waited for.
    if (left.every(({ target }) => !isInstalled(deps, target))) break;
    if (Date.now() - reportedAt >= REPORT_INTERVAL_MS) {
      reportedAt = Date.now();
      deps.logger.info({ ...facts, ...countByState(left) }, 'a deleted job still has instances');
    }
    await sleep(POLL_INTERVAL_MS);
  }
  const left = await listLeft(deps, job.deployment_id);
  if (left.length === 0) return left;
  deps.logger.warn(
    { ...facts, ...countByState(left), waitedMs: Date.now() - startedAt },
    'the deletion is answered before the instances are gone; they are removed in the background',
  );
  return left;
}

function isInstalled({ host }: DeleteJobDeps, target: string): boolean {
  return host.targets().some(({ name }) => name === target);
}

function describeLeft(deps: DeleteJobDeps, { name, version }: JobRow, left: readonly InstanceRow[]): string {
  const missing = new Set(left.map(({ target }) => target).filter((target) => !isInstalled(deps, target)));
  const still = `${name} ${version} is deleted, but instances of it still run (${left.length})`;
  if (missing.size === 0) return `${still}: they are removed in the background`;
  return `${still}: target ${[...missing].join(', ')} is not installed; they are removed when it is installed again`;
}

/** Those that finish calls, and those that their target is to remove. */
function countByState(left: readonly InstanceRow[]) {
  const removing = left.filter(({ state }) => state === 'removing').length;
  return { draining: left.length - removing, removing };
}

/** Instances of a host that is dead are removed when it comes back, and with the store away nobody can tell. */
async function listLeft({ store, replicas }: DeleteJobDeps, deploymentId: string): Promise<InstanceRow[]> {
  try {
    const left = await createInstanceRepository(store.db).listByDeployment(deploymentId);
    return left.filter(({ host_id }) => host_id === null || replicas.isHostAlive(host_id));
  } catch (error) {
    // The deletion itself is stored.
    if (isStoreOutage(error)) return [];
    throw error;
  }
}
