import { join } from 'node:path';
import type { BuildRequest, SourceSpec } from '@racetrack-platform/contracts';
import { createBuildLogRepository, fromFlag, toJson } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { parseManifest, readManifestYaml, type Manifest } from '@racetrack-platform/manifest';
import { toJobTypeManifest } from '../plugins/to-job-type-manifest.ts';
import { BuildLogWriter } from './build-log-writer.ts';
import type { DeploymentRun } from './deployment-context.ts';
import { openSecrets, type DeploymentSecrets } from './deployment-secrets.ts';
import { composeLaunchSpec } from './launch-spec.ts';
import { runBuild } from './spawn-builder.ts';

/**
 * Phases `source` and `build`: fetches one commit or unpacks the upload, builds the artifact, keeps the log.
 * After a crash it simply runs again: the builder reuses whatever was completed.
 */
export async function buildArtifact(run: DeploymentRun): Promise<void> {
  const { deps, row, signal } = run;
  const manifest = readStoredManifest(row.manifest_yaml);
  const secrets = openSecrets(deps.sealer, row.id, row.sealed_secrets);
  const jobType = deps.host.jobTypes().find((known) => known.fullName === row.job_type_version);
  if (!jobType) {
    throw new PlatformError('JOB_TYPE_UNKNOWN', `job type ${row.job_type_version} is no longer installed`);
  }
  await run.advance({ step: 'source', phase: 'planning the build' });
  const plan = await deps.host.planNative(jobType.fullName, toJobTypeManifest(manifest), signal);
  const request = composeBuildRequest(run, manifest, secrets, jobType.pluginDir, plan);
  const build = await runLogged(run, request);
  const spec = composeLaunchSpec({
    manifest,
    secretBuildEnv: secrets.buildEnv,
    jobType: row.job_type_version,
    pluginDir: jobType.pluginDir,
    plan,
    build,
    platform: deps.platform,
  });
  await run.advance({
    step: 'launch',
    phase: 'launching the job',
    commit_id: build.commit,
    artifact_key: build.artifactKey,
    launch_spec: toJson(spec),
  });
}

/** The manifest of a row: it was checked when it was accepted. */
export function readStoredManifest(yaml: string): Manifest {
  const { data, locate } = readManifestYaml(yaml, { source: 'job.yaml' });
  return parseManifest(data, { source: 'job.yaml', locate }).manifest;
}

async function runLogged(run: DeploymentRun, request: BuildRequest) {
  const log = new BuildLogWriter(
    async (text) => await createBuildLogRepository(run.deps.store.db).append(run.row.id, text),
  );
  try {
    return await runBuild(
      run.deps.builder,
      request,
      {
        onEvent: async (event) => {
          if (event.type === 'log') log.write(event.text);
          else if (event.type === 'warning') await addWarning(run, event.text);
          else await run.advance({ step: event.phase, phase: event.text });
        },
      },
      run.signal,
    );
  } catch (error) {
    if (PlatformError.is(error)) log.write(`error: ${error.message}`);
    throw error;
  } finally {
    await log.flush();
  }
}

async function addWarning(run: DeploymentRun, text: string): Promise<void> {
  const warnings = run.row.warnings === null ? text : `${run.row.warnings}\n${text}`;
  await run.advance({ warnings });
}

function composeBuildRequest(
  run: DeploymentRun,
  manifest: Manifest,
  secrets: DeploymentSecrets,
  pluginDir: string,
  plan: BuildRequest['plan'],
): BuildRequest {
  const { deps, row } = run;
  return {
    deploymentId: row.id,
    buildsDir: deps.buildsDir,
    source: composeSource(run, manifest, secrets),
    allowLocalGit: deps.allowLocalGit,
    manifestYaml: row.manifest_yaml,
    jobType: row.job_type_version,
    pluginDir,
    plan,
    buildEnv: manifest.build_env ?? {},
    secretBuildEnv: secrets.buildEnv,
    secretsKey: deps.secretsKey,
    noCache: fromFlag(row.no_cache),
    timeoutMs: deps.buildTimeoutMs,
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
