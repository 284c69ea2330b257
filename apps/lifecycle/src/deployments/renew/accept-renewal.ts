import { randomUUID } from 'node:crypto';
import type { DeploymentKind } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createJobRepository,
  jobNotFound,
  type DeploymentRow,
  type JobRow,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { getJobType, type Manifest } from '@racetrack-platform/manifest';
import { chooseJobType } from '../../plugins/choose-job-type.ts';
import { chooseTarget } from '../../plugins/choose-target.ts';
import { readHookManifest } from '../../plugins/hooks/hook-data.ts';
import { hasManifestRules, validateManifest } from '../../plugins/hooks/validate-manifest.ts';
import { refuseForeignSource, type AcceptDeploymentDeps } from '../accept-deployment.ts';
import { readStoredManifest } from '../build-artifact.ts';
import { hasSecrets, openSecrets, sealSecrets, type DeploymentSecrets } from '../deployment-secrets.ts';
import { refuseExcessiveMemory } from '../memory-limits.ts';
import { newDeploymentRow } from '../new-deployment-row.ts';

/** Deployments of what is there already. */
export type RenewalKind = Extract<DeploymentKind, 'redeploy' | 'reprovision' | 'move'>;

export const RENEWALS: ReadonlySet<DeploymentKind> = new Set<RenewalKind>([
  'redeploy',
  'reprovision',
  'move',
]);

export interface Renewal {
  readonly kind: RenewalKind;
  /** Of a move: where to. */
  readonly target?: string | undefined;
  /** In whose name. */
  readonly by: { readonly subjectId: string; readonly name: string };
}

/**
 * Commits the row of a deployment that brings a job up again: built anew from the recorded commit (`redeploy`), from
 * what was built (`reprovision`), or on another target (`move`). It uses the manifest as it is stored with the job,
 * edits included, and the secrets that the last deployment was given. Whether the caller may is decided before.
 *
 * @returns the deployment's id.
 * @throws PlatformError `BAD_REQUEST` in the original's words, `MANIFEST_INVALID`, `TARGET_UNAVAILABLE`,
 *   `JOB_TYPE_UNKNOWN`, `SOURCE_REFUSED`, `DEPLOYMENT_IN_PROGRESS`, `PLUGIN_UNAVAILABLE`.
 */
export async function acceptRenewal(
  deps: AcceptDeploymentDeps,
  found: JobRow,
  renewal: Renewal,
): Promise<string> {
  const { id: jobId, name, version } = found;
  const id = randomUUID();
  await validateRenewal(deps, found, renewal);
  await deps.store.transaction(async (trx) => {
    // Read again: it may have been edited, or deleted, since the caller looked.
    const job = await createJobRepository(trx.db).findById(jobId);
    if (job === undefined) throw jobNotFound(name, version);
    const previous = await createDeploymentRepository(trx.db).find(job.deployment_id);
    const { manifest, target, jobType } = examine(deps, job, renewal);
    await createDeploymentRepository(trx.db).insert(
      newDeploymentRow({
        id,
        kind: renewal.kind,
        job_name: job.name,
        job_version: job.version,
        warnings: null,
        deployed_by: renewal.by.name,
        subject_id: renewal.by.subjectId,
        manifest_yaml: job.manifest_yaml,
        infrastructure_target: target.name,
        previous_target: renewal.kind === 'move' ? job.infrastructure_target : null,
        job_type_version: jobType,
        is_force: 0,
        no_cache: 0,
        upload: null,
        sealed_secrets: sealSecrets(deps.sealer, id, carrySecrets(deps, job, previous)),
        commit_id: findCommit(manifest, previous),
        host_id: deps.hostId,
      }),
    );
  });
  return id;
}

/**
 * What is built again has to be in order for the job type that builds it, which may have become another one. What was
 * built has been looked at before, and so has an edit that is stored in between.
 */
async function validateRenewal(deps: AcceptDeploymentDeps, job: JobRow, renewal: Renewal): Promise<void> {
  if (!deps.host.jobTypes().some(hasManifestRules)) return;
  const { jobType: fullName } = examine(deps, job, renewal);
  if (renewal.kind !== 'redeploy' && fullName === job.job_type_version) return;
  const jobType = deps.host.jobTypes().find((known) => known.fullName === fullName);
  if (jobType === undefined) return;
  await validateManifest(deps.host, { jobType, readManifest: () => readHookManifest(job.manifest_yaml) });
}

function examine(deps: AcceptDeploymentDeps, job: JobRow, renewal: Renewal) {
  const manifest = readManifest(job);
  refuseForeignSource(deps, manifest);
  refuseExcessiveMemory(manifest, deps.maxJobMemoryBytes);
  const target = chooseRenewalTarget(deps, job, renewal);
  return { manifest, target, jobType: chooseType(deps, job, manifest, target.runs, renewal.kind) };
}

function readManifest(job: JobRow): Manifest {
  if (job.manifest_yaml.trim() !== '') return readStoredManifest(job.manifest_yaml);
  throw new PlatformError('BAD_REQUEST', "job doesn't have Manifest data specified", {
    hint: 'Deploy it again from its repository: racetrack deploy --force.',
  });
}

function chooseRenewalTarget(deps: AcceptDeploymentDeps, job: JobRow, { kind, target }: Renewal) {
  if (kind !== 'move') return chooseTarget(deps.host.targets(), job.infrastructure_target, null);
  if (target === undefined || target === '') {
    throw new PlatformError('BAD_REQUEST', 'infrastructure target has to be specified', {
      hint: 'Name where the job is to run.',
    });
  }
  if (target === job.infrastructure_target) {
    throw new PlatformError(
      'BAD_REQUEST',
      'new infrastructure target has to be different from the current one',
      { hint: `The job runs on ${target} already; to start it anew there, reprovision it.` },
    );
  }
  return chooseTarget(deps.host.targets(), target, null);
}

/** What was built is launched with the job type that built it; what is built again takes the newest that fits. */
function chooseType(
  deps: AcceptDeploymentDeps,
  job: JobRow,
  manifest: Manifest,
  runs: 'native' | 'container',
  kind: RenewalKind,
): string {
  const current = deps.host.targets().find(({ name }) => name === job.infrastructure_target);
  if (kind !== 'redeploy' && (current === undefined || current.runs === runs)) return job.job_type_version;
  return chooseJobType(deps.host.jobTypes(), getJobType(manifest), runs).fullName;
}

/**
 * The secrets of the last deployment, still in the name of who gave them. Whoever changes the manifest can make the job
 * tell them – by another commit, another repository, a variable that the interpreter obeys –, so that an edit which
 * has not run yet has to be the giver's own, whoever asks for the renewal.
 */
function carrySecrets(
  deps: AcceptDeploymentDeps,
  job: JobRow,
  previous: DeploymentRow | undefined,
): DeploymentSecrets {
  const opened = openSecrets(deps.sealer, previous?.id ?? '', previous?.sealed_secrets ?? null);
  // Plugins are asked anew.
  const { pluginEnv: _answers, ...secrets } = opened;
  if (previous === undefined || !hasSecrets(secrets)) return secrets;
  const givenBy = secrets.givenBy ?? previous.subject_id;
  const isEdited = job.manifest_yaml !== previous.manifest_yaml;
  if (!isEdited || job.manifest_edited_subject_id === givenBy) return { ...secrets, givenBy };
  const editor = job.manifest_edited_by ?? 'somebody';
  throw new PlatformError(
    'SOURCE_REFUSED',
    `the manifest of ${job.name} ${job.version} was edited by ${editor}, who did not give its secrets: they are withheld`,
    {
      hint: 'Deploy it again with its secrets (racetrack deploy --force), or let whoever gave them edit the manifest.',
    },
  );
}

/** The commit that was built, unless the manifest was edited to name another source. */
function findCommit(manifest: Manifest, previous: DeploymentRow | undefined): string | null {
  if (previous === undefined) return null;
  const { git } = readStoredManifest(previous.manifest_yaml);
  const isSame = git.remote === manifest.git.remote && (git.branch ?? null) === (manifest.git.branch ?? null);
  return isSame ? previous.commit_id : null;
}
