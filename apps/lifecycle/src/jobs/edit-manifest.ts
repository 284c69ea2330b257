import {
  createDeploymentRepository,
  createJobRepository,
  type JobRow,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError, toPlatformError } from '@racetrack-platform/errors';
import { getJobType, parseManifest, readManifestYaml, type Manifest } from '@racetrack-platform/manifest';
import { recordAudit } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { refuseForeignSource } from '../deployments/accept-deployment.ts';
import { refuseExcessiveMemory } from '../deployments/memory-limits.ts';
import { takeRemoteCredentials } from '../deployments/take-remote-credentials.ts';
import { chooseJobType } from '../plugins/choose-job-type.ts';
import { toHookManifest } from '../plugins/hooks/hook-data.ts';
import { validateManifest } from '../plugins/hooks/validate-manifest.ts';
import type { PluginSet } from '../plugins/set/plugin-set.ts';

export interface EditManifestDeps {
  readonly store: Store;
  readonly host: PluginSet;
  readonly allowLocalGit: boolean;
  /** The most memory that an instance may have; `null`: any. */
  readonly maxJobMemoryBytes: number | null;
}

/**
 * Stores a changed manifest with a job. What runs does not change before the job is redeployed or reprovisioned.
 *
 * @param by - who edits, and from which address.
 * @throws PlatformError `MANIFEST_INVALID` and others of a deployment, with the original's prefix;
 *   `DEPLOYMENT_IN_PROGRESS` when its end would replace the edit; `PLUGIN_UNAVAILABLE`.
 */
export async function editManifest(
  deps: EditManifestDeps,
  by: { readonly subject: AuthenticatedSubject; readonly address: string },
  job: JobRow,
  yaml: string,
): Promise<void> {
  const data = readYaml(yaml);
  try {
    await validate(deps, job, yaml, data);
  } catch (error) {
    throw toPlatformError(error, 'manifest validation');
  }
  await deps.store.transaction(async (trx) => {
    await refuseWhileDeploying(trx, job);
    const edited = await createJobRepository(trx.db).findById(job.id);
    const before = edited?.manifest_yaml ?? '';
    await createJobRepository(trx.db).update(job.id, {
      manifest_yaml: yaml,
      manifest_edited_by: by.subject.name,
      // Never the same twice: lists tell by it that there is another manifest.
      manifest_edited_at: Math.max(Date.now(), (edited?.manifest_edited_at ?? 0) + 1),
      manifest_edited_subject_id: by.subject.subjectId,
    });
    await recordAudit(trx, {
      eventType: 'manifest_edited',
      executor: by.subject.name,
      executorSubjectId: by.subject.subjectId,
      address: by.address,
      subject: job.deployed_by,
      jobName: job.name,
      jobVersion: job.version,
      before: { manifest_yaml: before },
      after: { manifest_yaml: yaml },
    });
    trx.feedChanged('job', job.id);
  });
}

function readYaml(yaml: string): Record<string, unknown> {
  try {
    return readManifestYaml(yaml, { source: 'job.yaml' }).data;
  } catch (error) {
    throw toPlatformError(error, 'parsing YAML');
  }
}

async function validate(
  deps: EditManifestDeps,
  job: JobRow,
  yaml: string,
  data: Record<string, unknown>,
): Promise<void> {
  const { manifest } = parseManifest(data, { source: 'job.yaml' });
  refuseRenaming(job, manifest);
  refuseCredentials(data);
  refuseForeignSource(deps, manifest);
  refuseExcessiveMemory(manifest, deps.maxJobMemoryBytes);
  const target = deps.host.targets().find(({ name }) => name === job.infrastructure_target);
  if (target === undefined) return;
  const jobType = chooseJobType(deps.host.jobTypes(), getJobType(manifest), target.runs);
  await validateManifest(deps.host, {
    jobType,
    readManifest: () => toHookManifest(manifest, { yaml, data }),
  });
}

function refuseRenaming(job: JobRow, { name, version }: Manifest): void {
  const changed = name !== job.name ? 'name' : version !== job.version ? 'version' : undefined;
  if (changed === undefined) return;
  throw new PlatformError('MANIFEST_INVALID', `job ${changed} cannot be changed`, {
    hint: `Leave name: ${job.name} and version: ${job.version}, or deploy it as a job of its own.`,
  });
}

/** It is shown to everybody who may read the job. */
function refuseCredentials(data: Record<string, unknown>): void {
  if (takeRemoteCredentials(data).credentials === null) return;
  throw new PlatformError(
    'MANIFEST_INVALID',
    'git.remote holds a user or password, which others would read',
    {
      hint: 'Take them out: the credentials given with the deployment are used.',
    },
  );
}

/** Its end would bring the manifest that it began with. */
async function refuseWhileDeploying(trx: StoreTransaction, { name, version }: JobRow): Promise<void> {
  if (!(await createDeploymentRepository(trx.db).isVersionInProgress(name, version))) return;
  throw new PlatformError('DEPLOYMENT_IN_PROGRESS', `job ${name} ${version} is being deployed right now`, {
    hint: 'Wait until the deployment ends, then edit the manifest.',
  });
}
