import { randomUUID } from 'node:crypto';
import {
  createInstanceRepository,
  createJobRepository,
  type DeploymentRow,
  type JobRow,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { OWNER_SCOPES } from '@racetrack-platform/contracts';
import { failpoint } from '@racetrack-platform/failpoints';
import { ACK_TIMEOUT_MS } from '../feed/feed-server.ts';
import { recordAudit, type AuditEvent } from '../audit/record-audit.ts';
import { grantPermission } from '../auth/grant-permission.ts';
import { announceDeployment } from '../plugins/hooks/announce-deployment.ts';
import type { DeploymentRun } from './deployment-context.ts';
import { RENEWALS } from './renew/accept-renewal.ts';
import { requestEndpoints } from './request-endpoints.ts';

/**
 * Phase `published`: one transaction makes the new instances the job's route, lets the old ones drain, and grants the
 * deployer a version that is new. Then it waits until every connected pub follows, so that whoever sees `done` reaches the new one,
 * and tells the plugins.
 */
export async function publishJob(run: DeploymentRun): Promise<void> {
  const { deps } = run;
  const { revision } = await deps.store.transaction(async (trx) => {
    await run.advanceIn(trx.db, { phase: 'post-deploy hooks' });
    const isNewName = !(await createJobRepository(trx.db).isNameTaken(run.row.job_name));
    const existing = await createJobRepository(trx.db).find(run.row.job_name, run.row.job_version);
    const { job, isNewRoute } = await switchRoute(trx, run.row, existing);
    // Whoever deploys over a version that exists has been allowed that, and no more.
    if (!isRenewal(run.row) && existing === undefined) await grantToOwner(trx, run.row, job, isNewName);
    // After a crash in between this runs a second time, but it happened once.
    if (!isNewRoute) return;
    await recordAudit(trx, {
      ...describePublication(run.row, existing),
      jobName: job.name,
      jobVersion: job.version,
    });
    failpoint('before-route');
  });
  failpoint('after-route');
  deps.nudgeReconciler();
  if (revision !== undefined) await deps.acknowledgements.waitForAll(revision, ACK_TIMEOUT_MS, run.signal);
  await announceDeployment(run);
  failpoint('before-done');
  await run.advance({ step: 'done', status: 'done', phase: null, error: null, upload: null });
  failpoint('after-done');
}

function isRenewal({ kind }: DeploymentRow): boolean {
  return RENEWALS.has(kind ?? 'deploy');
}

function describePublication(
  row: DeploymentRow,
  existing: JobRow | undefined,
): Omit<AuditEvent, 'jobName' | 'jobVersion'> {
  const by = { executor: row.deployed_by, executorSubjectId: row.subject_id };
  if (!isRenewal(row)) return { ...by, eventType: 'job_deployed' };
  const renewed = { ...by, subject: existing?.deployed_by };
  // Racetrack 2.36 has one name for both: what it was says a property.
  if (row.kind === 'reprovision')
    return { ...renewed, eventType: 'job_redeployed', properties: { kind: row.kind } };
  if (row.kind !== 'move') return { ...renewed, eventType: 'job_redeployed' };
  return {
    ...renewed,
    eventType: 'job_moved',
    before: { infrastructure_target: row.previous_target },
    after: { infrastructure_target: row.infrastructure_target },
  };
}

async function switchRoute(
  trx: StoreTransaction,
  row: DeploymentRow,
  existing: JobRow | undefined,
): Promise<{ job: JobRow; isNewRoute: boolean }> {
  const instances = createInstanceRepository(trx.db);
  const job = await upsertJob(trx, row, existing);
  await instances.moveDeployment(row.id, ['launching', 'active'], { state: 'active' });
  if (existing && existing.deployment_id !== row.id) {
    await instances.moveDeployment(existing.deployment_id, ['launching', 'active'], {
      state: 'draining',
      drain_since: Date.now(),
      drain_revision: await trx.nextRevision(),
    });
  }
  trx.feedChanged('job', job.id);
  return { job, isNewRoute: existing?.deployment_id !== row.id };
}

async function upsertJob(
  trx: StoreTransaction,
  row: DeploymentRow,
  existing: JobRow | undefined,
): Promise<JobRow> {
  const jobs = createJobRepository(trx.db);
  const facts = {
    status: 'running' as const,
    updated_at: (row.deployment_timestamp ?? 0) * 1_000,
    manifest_yaml: row.manifest_yaml,
    deployed_by: row.deployed_by,
    infrastructure_target: row.infrastructure_target,
    job_type_version: row.job_type_version,
    deployment_id: row.id,
    error: null,
    notice: null,
    ...findEdit(row, existing),
  };
  if (existing) {
    await jobs.update(existing.id, facts);
    await requestEndpoints(trx, row, existing, { isNew: false });
    return { ...existing, ...facts };
  }
  const family = await trx.db
    .selectFrom('job_family')
    .select('id')
    .where('name', '=', row.job_name)
    .executeTakeFirstOrThrow();
  const job: JobRow = {
    id: randomUUID(),
    family_id: family.id,
    name: row.job_name,
    version: row.job_version,
    created_at: facts.updated_at,
    last_call_at: null,
    ...facts,
  };
  await jobs.insert(job);
  await requestEndpoints(trx, row, job, { isNew: true });
  return job;
}

/** What was brought up again has the manifest as it was edited: it still differs from the repository. */
function findEdit(row: DeploymentRow, existing: JobRow | undefined) {
  const edited = isRenewal(row) ? existing : undefined;
  return {
    manifest_edited_by: edited?.manifest_edited_by ?? null,
    manifest_edited_at: edited?.manifest_edited_at ?? null,
    manifest_edited_subject_id: edited?.manifest_edited_subject_id ?? null,
  };
}

/** A version that is new is the deployer's; whoever starts a family may also deploy its next versions. */
async function grantToOwner(
  trx: StoreTransaction,
  row: DeploymentRow,
  job: JobRow,
  isNewName: boolean,
): Promise<void> {
  const holder = { subjectId: row.subject_id, endpoint: null };
  if (isNewName) {
    await grantPermission(trx, { ...holder, scope: 'deploy_job', familyId: job.family_id, jobId: null });
  }
  for (const scope of OWNER_SCOPES) {
    await grantPermission(trx, {
      subjectId: row.subject_id,
      scope,
      familyId: null,
      jobId: job.id,
      endpoint: null,
    });
  }
}
