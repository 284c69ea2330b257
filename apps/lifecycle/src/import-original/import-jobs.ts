import { randomUUID } from 'node:crypto';
import { scopeSchema } from '@racetrack-platform/contracts';
import {
  createImportRepository,
  createPermissionRepository,
  toFlag,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { messageOf } from '@racetrack-platform/errors';
import {
  dumpManifestYaml,
  parseManifest,
  readManifestYaml,
  type Manifest,
} from '@racetrack-platform/manifest';
import { sealSecrets } from '../deployments/deployment-secrets.ts';
import { takeRemoteCredentials } from '../deployments/take-remote-credentials.ts';
import { findNameProblem, readLabel } from './find-name-problem.ts';
import { importTable, type ImportRun } from './import-table.ts';
import type { Outcome } from './import-report.ts';
import type { OriginalRow } from './original-rows.ts';

/** Jobs as they were described, and what is about single jobs: grants and public endpoints. */
export async function importJobs(run: ImportRun): Promise<void> {
  const { jobs } = run;
  await importTable(
    run,
    { kind: 'job', table: 'registry_job', key: 'id', label: 'jobs' },
    (row) => `${row.name} ${row.version}`,
    async (trx, row) => await takeJob(run, trx, row),
  );
  await importTable(
    run,
    { kind: 'permission', table: 'registry_authresourcepermission', key: 'id', label: 'permissions' },
    (row) => String(row.id),
    async (trx, row) => await takePermission(run, trx, row),
  );
  await importTable(
    run,
    {
      kind: 'publicEndpoint',
      table: 'registry_publicendpointrequest',
      key: 'id',
      label: 'public endpoints',
    },
    (row) => row.endpoint,
    async (trx, row) => {
      const job = jobs.get(row.job_id);
      if (job === undefined) return { skipped: 'its job was not taken' };
      const isNew = await createImportRepository(trx.db).insertNew('public_endpoint', {
        id: row.id,
        job_id: job.id,
        endpoint: row.endpoint,
        is_active: toFlag(row.active),
      });
      if (isNew) trx.feedChanged('job', job.id);
      return isNew ? 'taken' : 'present';
    },
  );
}

/**
 * A job comes without anything that runs: it is shown as lost, with what to do, and a deployment that stands for the
 * original's, of which a redeployment takes manifest and credentials.
 */
async function takeJob(run: ImportRun, trx: StoreTransaction, row: OriginalRow<'job'>): Promise<Outcome> {
  const problem = findNameProblem('family', row.name) ?? findNameProblem('label', row.version);
  if (problem !== undefined) return { skipped: problem };
  const repository = createImportRepository(trx.db);
  const known = await repository.findJobId(row.name, row.version);
  if (known !== undefined) {
    run.jobs.set(row.id, { id: known, name: row.name });
    return 'present';
  }
  const family = run.families.get(row.family_id);
  if (family?.name !== row.name) return { skipped: 'it belongs to no family of its name' };
  const read = readManifest(row);
  if ('skipped' in read) return read;
  const deploymentId = randomUUID();
  const { yaml, credentials } = read;
  const shared = {
    manifest_yaml: yaml,
    infrastructure_target: run.target,
    job_type_version: row.job_type_version ?? '',
  };
  const isNew = await repository.insertNew('job', {
    ...shared,
    id: row.id,
    family_id: family.id,
    name: row.name,
    version: row.version,
    status: 'lost',
    created_at: row.create_time,
    updated_at: row.update_time,
    deployed_by: readLabel(row.deployed_by),
    deployment_id: deploymentId,
    error: 'no instance of this job is running',
    notice: 'taken over from another installation, without what it ran from: redeploy it',
    last_call_at: row.last_call_time,
  });
  if (!isNew) return { skipped: 'its id is taken here' };
  await repository.insertNew('deployment', {
    ...shared,
    id: deploymentId,
    job_name: row.name,
    job_version: row.version,
    status: 'done',
    step: 'done',
    created_at: row.create_time,
    updated_at: row.update_time,
    deployed_by: readLabel(row.deployed_by) ?? '',
    subject_id: '',
    is_force: 0,
    no_cache: 0,
    sealed_secrets: sealSecrets(run.sealer, deploymentId, {
      gitCredentials: credentials,
      buildEnv: {},
      runtimeEnv: {},
    }),
    lease_epoch: 0,
    lease_expires_at: 0,
  });
  run.jobs.set(row.id, { id: row.id, name: row.name });
  run.report.note('jobs come without secret variables: give them again where a job needs some');
  trx.feedChanged('job', row.id);
  return 'taken';
}

function readManifest(
  row: OriginalRow<'job'>,
):
  | { yaml: string; credentials: ReturnType<typeof takeRemoteCredentials>['credentials'] }
  | { skipped: string } {
  if (row.manifest === null || row.manifest.trim() === '') return { skipped: 'it has no manifest' };
  try {
    const { data } = readManifestYaml(row.manifest, { source: 'job.yaml' });
    if (typeof data !== 'object' || data === null) return { skipped: 'its manifest is no object' };
    const { submitted, credentials } = takeRemoteCredentials({ ...data });
    const yaml = dumpManifestYaml(submitted);
    const again = readManifestYaml(yaml, { source: 'job.yaml' });
    const manifest: Manifest = parseManifest(again.data, {
      source: 'job.yaml',
      locate: again.locate,
    }).manifest;
    if (manifest.name !== row.name || manifest.version !== row.version) {
      return { skipped: 'its manifest is that of another job' };
    }
    return { yaml, credentials };
  } catch (error) {
    return { skipped: `its manifest is not valid here: ${messageOf(error).split('\n', 1)[0]}` };
  }
}

/** A grant that is bound to a job names that one job; the original compared nothing but its version. */
async function takePermission(
  run: ImportRun,
  trx: StoreTransaction,
  row: OriginalRow<'permission'>,
): Promise<Outcome> {
  const subject = run.subjects.get(row.auth_subject_id);
  if (subject === undefined) return { skipped: 'its subject does not exist' };
  const scope = scopeSchema.safeParse(row.scope);
  if (!scope.success) return { skipped: `there is no scope ${JSON.stringify(row.scope)}` };
  const job = row.job_id === null ? null : run.jobs.get(row.job_id);
  const family = row.job_family_id === null ? null : run.families.get(row.job_family_id);
  if (job === undefined) return { skipped: 'its job was not taken' };
  if (family === undefined) return { skipped: 'its family does not exist' };
  if (job !== null && family !== null && job.name !== family.name) {
    return { skipped: 'it is bound to a job and to another family, so that it grants nothing' };
  }
  const permission = {
    subjectId: subject.id,
    scope: scope.data,
    familyId: job === null ? (family?.id ?? null) : null,
    jobId: job?.id ?? null,
    endpoint: row.endpoint === '' ? null : row.endpoint,
  };
  const permissions = createPermissionRepository(trx.db);
  if (!(await permissions.grant(permission, run.nowMs))) return 'present';
  const stored = await permissions.findSame(permission);
  const repository = createImportRepository(trx.db);
  if (stored !== undefined && (await repository.isNumberFree('permission', row.id))) {
    await repository.setNumber(stored.id, row.id);
  }
  trx.feedChanged('subject', subject.id);
  return 'taken';
}
