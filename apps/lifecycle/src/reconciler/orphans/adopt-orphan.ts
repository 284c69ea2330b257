import { randomUUID } from 'node:crypto';
import { OWNER_SCOPES } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createInstanceRepository,
  createJobRepository,
  createSubjectRepository,
  toJson,
  type DeploymentRow,
  type JobRow,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Actor } from '../../auth/actor.ts';
import { grantPermission } from '../../auth/grant-permission.ts';
import { newDeploymentRow } from '../../deployments/new-deployment-row.ts';
import { probeInstance, type ProbeResult } from '../../deployments/probe-instance.ts';
import { requestEndpoints } from '../../deployments/request-endpoints.ts';
import { canBeRestarted, findOrigin, NO_RESTART, type Origin } from './find-origin.ts';
import type { Orphan } from './observe-orphans.ts';
import { refuseClaimed } from './refuse-claimed.ts';

export interface AdoptOrphanDeps {
  readonly store: Store;
  /** Of this machine, to which instances of targets of scope `host` belong. */
  readonly hostId: string;
}

/** What the instances say of themselves, as the monitor would put it. */
type Health = Pick<JobRow, 'status' | 'error'>;

/**
 * Makes orphans of one deployment a job again: the job's row as its deployment, or else its tombstone, tells, the
 * instances as its own, and its rights to whoever had deployed it. One transaction, so that of two who try only one
 * succeeds and a crash leaves all or nothing.
 *
 * @param orphans - at least one; all of the same launch.
 * @returns the job, and the revision from which on pubs route to it.
 * @throws PlatformError as {@link findOrigin} and {@link refuseClaimed} do.
 */
export async function adoptOrphans(
  { store, hostId }: AdoptOrphanDeps,
  by: Actor & { readonly executorSubjectId: string },
  orphans: readonly [Orphan, ...Orphan[]],
  signal: AbortSignal,
): Promise<{ readonly job: JobRow; readonly revision: number | undefined }> {
  const [first] = orphans;
  const known = await findOrigin(store.db, first);
  const notice = (await canBeRestarted(known)) ? null : NO_RESTART;
  const health = await lookAt(orphans, known.deploymentTimestamp, signal);
  const { result, revision } = await store.transaction(async (trx) => {
    for (const { instanceId } of orphans) await refuseClaimed(trx.db, instanceId);
    const origin = await findOrigin(trx.db, first);
    const deployment = origin.deployment ?? (await insertDeployment(trx, first, origin, by));
    const job = origin.joined ?? (await insertJob(trx, deployment, origin, { ...health, notice }));
    for (const orphan of orphans) await insertInstance(trx, orphan, deployment, hostId);
    trx.feedChanged('job', job.id);
    await recordAudit(trx, {
      ...by,
      eventType: 'job_adopted',
      subject: job.deployed_by,
      jobName: job.name,
      jobVersion: job.version,
      properties: { target: first.target.name, instances: orphans.map(({ instanceId }) => instanceId) },
      after: { status: job.status, deployment: deployment.id },
    });
    return job;
  });
  return { job: result, revision };
}

async function lookAt(orphans: readonly Orphan[], timestamp: number, signal: AbortSignal): Promise<Health> {
  const probes = await Promise.all(
    orphans.map(async ({ address }) => await probeInstance(address, timestamp, signal)),
  );
  if (probes.some(({ state }) => state === 'ready')) return { status: 'running', error: null };
  return { status: 'error', error: describe(probes[0]) };
}

function describe(probe: ProbeResult | undefined): string {
  return probe !== undefined && 'reason' in probe ? probe.reason : 'Job is still initializing';
}

/** A deployment that was forgotten while its job's tombstone was not: as much of it as that one holds. */
async function insertDeployment(
  trx: StoreTransaction,
  orphan: Orphan,
  { job, deploymentTimestamp, tombstone }: Origin,
  by: { readonly executor: string | null; readonly executorSubjectId: string },
): Promise<DeploymentRow> {
  const deployments = createDeploymentRepository(trx.db);
  const id = randomUUID();
  await deployments.insert({
    ...newDeploymentRow({
      id,
      kind: 'deploy',
      job_name: job.name,
      job_version: job.version,
      warnings: null,
      deployed_by: tombstone?.deployed_by ?? by.executor ?? '',
      subject_id: by.executorSubjectId,
      manifest_yaml: tombstone?.manifest_yaml ?? '',
      infrastructure_target: orphan.target.name,
      job_type_version: tombstone?.job_type_version ?? '',
      is_force: 0,
      no_cache: 0,
      upload: null,
      sealed_secrets: null,
      commit_id: null,
      host_id: null,
    }),
    status: 'done',
    step: 'done',
    deployment_timestamp: deploymentTimestamp,
  });
  return await deployments.get(id);
}

async function insertJob(
  trx: StoreTransaction,
  deployment: DeploymentRow,
  { job: { name, version }, deploymentTimestamp, tombstone }: Origin,
  observed: Health & Pick<JobRow, 'notice'>,
): Promise<JobRow> {
  const family = await createSubjectRepository(trx.db).ensureOfFamily(name);
  if (family.isNew) trx.feedChanged('subject', family.id);
  const job: JobRow = {
    id: randomUUID(),
    family_id: family.familyId,
    name,
    version,
    created_at: tombstone?.created_at ?? deployment.created_at,
    updated_at: deploymentTimestamp * 1_000,
    manifest_yaml: deployment.manifest_yaml,
    deployed_by: deployment.deployed_by,
    infrastructure_target: deployment.infrastructure_target,
    job_type_version: deployment.job_type_version,
    deployment_id: deployment.id,
    last_call_at: tombstone?.last_call_at ?? null,
    manifest_edited_by: null,
    manifest_edited_at: null,
    manifest_edited_subject_id: null,
    ...observed,
  };
  await createJobRepository(trx.db).insert(job);
  await requestEndpoints(trx, deployment, job, { isNew: true });
  await grantToOwner(trx, deployment, job);
  return job;
}

/** Its rights went with the job. */
async function grantToOwner(trx: StoreTransaction, deployment: DeploymentRow, job: JobRow): Promise<void> {
  const owner = await createSubjectRepository(trx.db).find(deployment.subject_id);
  if (owner === undefined) return;
  const held = { subjectId: owner.id, familyId: null, jobId: job.id, endpoint: null };
  for (const scope of OWNER_SCOPES) await grantPermission(trx, { ...held, scope });
}

async function insertInstance(
  trx: StoreTransaction,
  { instanceId, target, address }: Orphan,
  deployment: DeploymentRow,
  hostId: string,
): Promise<void> {
  await createInstanceRepository(trx.db).insert({
    id: instanceId,
    deployment_id: deployment.id,
    job_name: deployment.job_name,
    job_version: deployment.job_version,
    target: target.name,
    state: 'active',
    address: toJson(address),
    created_at: Date.now(),
    drain_since: null,
    drain_revision: null,
    restarts: 0,
    next_restart_at: null,
    host_id: target.scope === 'host' ? hostId : null,
  });
}
