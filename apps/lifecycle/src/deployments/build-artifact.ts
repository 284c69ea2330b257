import { join } from 'node:path';
import type { BuildRequest, BuildResult, SourceSpec } from '@racetrack-platform/contracts';
import { createBuildLogRepository, fromFlag, toJson } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { parseManifest, readManifestYaml, type Manifest } from '@racetrack-platform/manifest';
import { toJobTypeManifest } from '../plugins/to-job-type-manifest.ts';
import type { BuildTerms } from './build-resources.ts';
import { BuildLogWriter } from './build-log-writer.ts';
import type { DeploymentRun } from './deployment-context.ts';
import { openSecrets, type DeploymentSecrets } from './deployment-secrets.ts';
import { runsOnThisMachine } from './accept-deployment.ts';
import { composeLaunchSpec } from './launch-spec.ts';
import { planBuild, type PlannedBuild } from './plan-build.ts';
import { runBuild } from './spawn-builder.ts';

/**
 * Phases `source` and `build`: fetches one commit or unpacks the upload, builds the artifact, keeps the log.
 * After a crash it simply runs again: the builder reuses whatever was completed.
 */
export async function buildArtifact(run: DeploymentRun): Promise<void> {
  const { deps, row, signal } = run;
  const manifest = readStoredManifest(row.manifest_yaml);
  const secrets = openSecrets(deps.sealer, row.id, row.sealed_secrets);
  failpoint('before-source-step');
  await run.advance({ step: 'source', phase: 'planning the build' });
  failpoint('after-source-step');
  using planned = await planBuild(deps.host, row.job_type_version, toJobTypeManifest(manifest), signal);
  const { plan } = planned;
  const { terms, release } = await deps.builds.take();
  const request = { ...composeBuildRequest(run, manifest, secrets, planned), ...terms };
  const build = await runLogged(run, request, manifest).finally(release);
  const spec = composeLaunchSpec({
    manifest,
    secretBuildEnv: secrets.buildEnv,
    jobType: row.job_type_version,
    plan,
    build,
    platform: deps.platform,
  });
  if (row.kind === 'build') return await endBuild(run, build);
  failpoint('before-launch-spec');
  await run.advance({
    step: 'launch',
    phase: 'launching the job',
    commit_id: build.commit,
    artifact_key: build.artifactKey,
    launch_spec: toJson(spec),
  });
  failpoint('after-launch-spec');
}

/** What was to be prepared only is done: nothing is launched, and nothing routed. */
async function endBuild(run: DeploymentRun, build: BuildResult): Promise<void> {
  await run.advance({
    step: 'done',
    status: 'done',
    phase: null,
    upload: null,
    commit_id: build.commit,
    artifact_key: build.artifactKey,
  });
}

/** The manifest of a row: it was checked when it was accepted. */
export function readStoredManifest(yaml: string): Manifest {
  const { data, locate } = readManifestYaml(yaml, { source: 'job.yaml' });
  return parseManifest(data, { source: 'job.yaml', locate }).manifest;
}

async function runLogged(run: DeploymentRun, request: BuildRequest, manifest: Manifest) {
  const log = new BuildLogWriter(
    async (text) =>
      await run.outlast(
        async () => await createBuildLogRepository(run.deps.store.db).append(run.row.id, text),
      ),
  );
  try {
    await ensurePackages(run, manifest, (line) => log.write(line));
    return await runBuild(
      run.deps.builder,
      request,
      {
        onEvent: async (event) => {
          if (event.type === 'log') log.write(event.text);
          else if (event.type === 'warning') await run.warn(event.text);
          else {
            failpoint('before-build-progress');
            await run.advance({ step: event.phase, phase: event.text });
            failpoint('after-build-progress');
          }
        },
      },
      run.signal,
    );
  } catch (error) {
    // Its first line: the others are the end of this very log.
    if (PlatformError.is(error)) log.write(`error: ${firstLine(error.message)}`);
    throw nameBuildLog(run, error);
  } finally {
    await log.flush();
  }
}

/** Without the words that announce the others. */
function firstLine(message: string): string {
  return message.split(/\.? Its last lines:\n|\n/, 1)[0] ?? message;
}

/** The packages are those of the machine that builds, which may be another one than that which accepted the job. */
async function ensurePackages(
  { deps, row, signal }: DeploymentRun,
  { system_dependencies }: Manifest,
  onLine: (line: string) => void,
): Promise<void> {
  if (!runsOnThisMachine(deps.host.target(row.infrastructure_target))) return;
  await deps.systemPackages.ensure(system_dependencies ?? [], onLine, signal);
}

/** A step that fails has said why in its output, and only part of that fits into an error. */
function nameBuildLog({ row }: DeploymentRun, error: unknown): unknown {
  if (!PlatformError.is(error) || error.code !== 'BUILD_FAILED' || error.hint !== undefined) return error;
  return new PlatformError(error.code, error.message, {
    cause: error,
    hint: `See the whole build log: racetrack build-logs ${row.job_name} --version ${row.job_version}`,
  });
}

function composeBuildRequest(
  run: DeploymentRun,
  manifest: Manifest,
  secrets: DeploymentSecrets,
  { plan, pluginDir, trustsHostPaths }: PlannedBuild,
): Omit<BuildRequest, keyof BuildTerms> {
  const { deps, row } = run;
  return {
    deploymentId: row.id,
    buildsDir: deps.buildsDir,
    source: composeSource(run, manifest, secrets),
    allowLocalGit: deps.allowLocalGit,
    allowPrivate: [...deps.allowPrivate],
    gitTimeoutMs: deps.gitTimeoutMs,
    manifestYaml: row.manifest_yaml,
    jobType: row.job_type_version,
    pluginDir,
    plan,
    trustsHostPaths,
    buildEnv: manifest.build_env ?? {},
    secretBuildEnv: secrets.buildEnv,
    secretsKey: deps.secretsKey,
    noCache: fromFlag(row.no_cache),
    timeoutMs: deps.buildTimeoutMs,
    owner: row.subject_id,
  };
}

function composeSource(run: DeploymentRun, manifest: Manifest, secrets: DeploymentSecrets): SourceSpec {
  if (run.row.upload !== null) return { kind: 'archive', path: join(run.deps.uploadsDir, run.row.upload) };
  return {
    kind: 'git',
    remote: manifest.git.remote,
    ref: manifest.git.branch ?? null,
    commit: run.row.commit_id,
    directory: manifest.git.directory,
    credentials: secrets.gitCredentials,
  };
}
