import { randomUUID } from 'node:crypto';
import { deployPayloadSchema } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createJobRepository,
  toFlag,
  type JobRow,
  type Queryable,
  type Store,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import {
  dumpManifestYaml,
  getJobType,
  parseManifest,
  RESERVED_RUNTIME_NAMES,
  type Manifest,
} from '@racetrack-platform/manifest';
import type { InfrastructureTarget } from '@racetrack-platform/plugin-sdk';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireJobScope, requireScope } from '../auth/require-permission.ts';
import type { Sealer } from '../keys/sealer.ts';
import { chooseJobType } from '../plugins/choose-job-type.ts';
import { chooseTarget } from '../plugins/choose-target.ts';
import { toHookManifest } from '../plugins/hooks/hook-data.ts';
import { hasManifestRules, validateManifest } from '../plugins/hooks/validate-manifest.ts';
import type { PluginSet } from '../plugins/set/plugin-set.ts';
import type { SystemPackages } from '../system-packages/system-packages.ts';
import { sealSecrets, type DeploymentSecrets } from './deployment-secrets.ts';
import { refuseExcessiveMemory } from './memory-limits.ts';
import { newDeploymentRow } from './new-deployment-row.ts';
import { takeRemoteCredentials } from './take-remote-credentials.ts';
import type { ParsedDeployBody } from './extract-build-context.ts';

export interface AcceptDeploymentDeps {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly host: PluginSet;
  /** Where the upload lies, if there is one, and who drives the deployment as long as it can. */
  readonly hostId: string;
  readonly allowLocalGit: boolean;
  readonly defaultTarget: string | null;
  /** The most memory that an instance may have; `null`: any. */
  readonly maxJobMemoryBytes: number | null;
  /** Whether a version may be deployed again without being forced. */
  readonly allowJobOverwrite: boolean;
  readonly systemPackages: Pick<SystemPackages, 'refuseMissing'>;
}

/** The only flag that Racetrack 2.36 accepts. */
const NO_CACHE_FLAG = '--no-cache';

/**
 * Refuses whatever can be refused, and then commits the deployment's row (design section 2, point 1). The work itself
 * is the runner's.
 *
 * @param kind - `build`: to prepare it only; the version may exist already.
 * @returns the deployment's id.
 */
export async function acceptDeployment(
  deps: AcceptDeploymentDeps,
  subject: AuthenticatedSubject,
  body: ParsedDeployBody,
  kind: 'deploy' | 'build' = 'deploy',
): Promise<string> {
  const payload = parsePayload(body.payload);
  const { submitted, credentials } = takeRemoteCredentials(payload.manifest);
  const { manifest, ...parsed } = parseManifest(submitted, { source: 'job.yaml' });
  const warnings = [...parsed.warnings];
  const manifestYaml = dumpManifestYaml(submitted);
  if (body.upload === null) refuseForeignSource(deps, manifest);
  refuseReservedNames(Object.keys(payload.secret_vars?.runtime_env ?? {}));
  refuseExcessiveMemory(manifest, deps.maxJobMemoryBytes);
  const target = chooseTarget(
    deps.host.targets(),
    manifest.infrastructure_target ?? null,
    deps.defaultTarget,
  );
  const jobType = chooseJobType(deps.host.jobTypes(), getJobType(manifest), target.runs);
  const noCache = parseBuildFlags(payload.build_flags ?? []);
  if (hasManifestRules(jobType)) {
    // Not in the transaction, which would hold up everybody's; and only for whoever may deploy it.
    await authorizeDeployment(deps.store.db, subject, manifest);
    const written = { yaml: manifestYaml, data: submitted };
    await validateManifest(deps.host, { jobType, readManifest: () => toHookManifest(manifest, written) });
  }
  const packages = manifest.system_dependencies ?? [];
  if (packages.length > 0 && runsOnThisMachine(deps.host.target(target.name))) {
    await authorizeDeployment(deps.store.db, subject, manifest);
    warnings.push(...(await deps.systemPackages.refuseMissing(packages)));
  }
  const id = randomUUID();
  await deps.store.transaction(async ({ db }) => {
    await authorizeDeployment(db, subject, manifest);
    if (kind === 'deploy') {
      if (!deps.allowJobOverwrite) await refuseTakenVersion(db, manifest, payload.force ?? false);
      warnings.push(...(await warnOfEdit(db, manifest, manifestYaml)));
    }
    await createDeploymentRepository(db).insert(
      newDeploymentRow({
        id,
        kind,
        job_name: manifest.name,
        job_version: manifest.version,
        warnings: warnings.length === 0 ? null : warnings.join('\n'),
        deployed_by: subject.name,
        subject_id: subject.subjectId,
        manifest_yaml: manifestYaml,
        infrastructure_target: target.name,
        job_type_version: jobType.fullName,
        is_force: toFlag(payload.force ?? false),
        no_cache: toFlag(noCache),
        upload: body.upload,
        sealed_secrets: sealSecrets(deps.sealer, id, {
          ...collectSecrets(payload, credentials),
          givenBy: subject.subjectId,
        }),
        commit_id: null,
        host_id: deps.hostId,
      }),
    );
    failpoint('before-accepted-row');
  });
  failpoint('after-accepted-row');
  return id;
}

/** Whether jobs of a target use the packages of the machine that builds them. */
export function runsOnThisMachine({ runs, scope }: Pick<InfrastructureTarget, 'runs' | 'scope'>): boolean {
  return runs === 'native' && scope === 'host';
}

function parsePayload(value: unknown) {
  const parsed = deployPayloadSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PlatformError('REQUEST_INVALID', problems.join('; '), {
    hint: 'Compare the request with the API page at /lifecycle/.',
  });
}

/** @throws PlatformError `SOURCE_REFUSED` for anything but https, unless local paths are allowed. */
export function refuseForeignSource(
  deps: Pick<AcceptDeploymentDeps, 'allowLocalGit'>,
  manifest: Manifest,
): void {
  if (manifest.git.remote.startsWith('https://') || deps.allowLocalGit) return;
  throw new PlatformError(
    'SOURCE_REFUSED',
    `git.remote: this server does not fetch from ${manifest.git.remote}`,
    {
      hint: 'Use an https:// address, or start the server with RACETRACK_GIT_ALLOW_LOCAL=true to allow local paths.',
    },
  );
}

/** Those of the manifest were checked with it; the secret ones come beside it. */
function refuseReservedNames(names: readonly string[]): void {
  const reserved = new Set<string>(RESERVED_RUNTIME_NAMES);
  const taken = names.filter((name) => reserved.has(name));
  if (taken.length === 0) return;
  throw new PlatformError(
    'MANIFEST_INVALID',
    `found illegal runtime env vars, which conflict with reserved names: {${taken.join(', ')}}`,
    { hint: 'Rename them in the file of secret runtime variables: the platform sets these itself.' },
  );
}

function parseBuildFlags(flags: readonly string[]): boolean {
  const unknown = flags.find((flag) => flag !== NO_CACHE_FLAG);
  if (unknown !== undefined)
    throw new PlatformError('BAD_REQUEST', `Flag '${unknown}' is not approved for use.`, {
      hint: `The only flag is ${NO_CACHE_FLAG}.`,
    });
  return flags.includes(NO_CACHE_FLAG);
}

/**
 * A name that is somebody's asks for `deploy_job` on it, a new one for `deploy_new_family`. A deployment under way
 * claims its name: otherwise a second newcomer could slip into the family while the first is still building.
 */
export async function authorizeDeployment(
  db: Queryable,
  subject: AuthenticatedSubject,
  manifest: Manifest,
): Promise<void> {
  const jobs = createJobRepository(db);
  const isTaken =
    (await jobs.isNameTaken(manifest.name)) ||
    (await createDeploymentRepository(db).isNameInProgress(manifest.name, subject.subjectId));
  if (!isTaken) return requireScope(subject, 'deploy_new_family');
  const existing = await jobs.find(manifest.name, manifest.version);
  requireJobScope(subject, 'deploy_job', {
    family: manifest.name,
    version: manifest.version,
    jobId: existing?.id ?? null,
  });
}

async function refuseTakenVersion(db: Queryable, manifest: Manifest, force: boolean): Promise<void> {
  if (force) return;
  const jobs = createJobRepository(db);
  const { name, version } = manifest;
  const existing: JobRow | undefined = await jobs.find(name, version);
  if (existing) {
    throw new PlatformError(
      'JOB_VERSION_EXISTS',
      `job ${name} v${version} is already deployed. Try deploying next version or use --force flag`,
      {
        hint: 'Raise `version` in the manifest, or replace the running one with `racetrack deploy --force`.',
      },
    );
  }
  if (await jobs.wasDeleted(name, version)) {
    throw new PlatformError(
      'JOB_VERSION_RETIRED',
      `Job ${name} v${version} has already been deployed and deleted. Can't claim it again to prevent accidental/hostile reusing.`,
      { hint: 'Raise `version` in the manifest, or claim it knowingly with `racetrack deploy --force`.' },
    );
  }
}

/** What was edited at the server is not in the repository: whoever deploys from there should know. */
async function warnOfEdit(
  db: Queryable,
  { name, version }: Manifest,
  manifestYaml: string,
): Promise<string[]> {
  const edited = await createJobRepository(db).findEdited(name, version);
  if (edited === undefined || edited.manifest_yaml === manifestYaml) return [];
  const what = `the manifest of ${name} ${edited.version} was edited at the server by ${edited.manifest_edited_by}`;
  return [
    edited.version === version
      ? `${what}: this deployment replaces the edit, so put it into the repository if it is still wanted`
      : `${what}: this deployment does not have the edit`,
  ];
}

function collectSecrets(
  payload: ReturnType<typeof parsePayload>,
  remoteCredentials: DeploymentSecrets['gitCredentials'],
): DeploymentSecrets {
  return {
    gitCredentials: payload.git_credentials ?? remoteCredentials,
    buildEnv: payload.secret_vars?.build_env ?? {},
    runtimeEnv: payload.secret_vars?.runtime_env ?? {},
  };
}
