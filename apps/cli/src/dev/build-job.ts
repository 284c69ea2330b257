import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BuildEvent, BuildResult, SourceSpec } from '@racetrack-platform/contracts/processes';
import { dumpManifestYaml } from '@racetrack-platform/manifest';
import { createBuildContext } from '../build-context/create-build-context.ts';
import type { Job } from '../deploy/read-job.ts';
import { secretPaths, type SecretVars } from '../deploy/secret-vars.ts';
import type { Log } from '../output/log.ts';
import type { DevDirectory } from './dev-directory.ts';
import { CACHE_PATTERNS } from './ignored-files.ts';
import type { PlannedJob } from './plan-job.ts';
import { runBuilder } from './run-builder.ts';

/** A build is ended after this: an hour, as at a server. */
const BUILD_TIMEOUT_MS = 60 * 60 * 1_000;
const GIT_TIMEOUT_MS = 60_000;

export interface BuildJobOptions {
  readonly job: Job;
  readonly planned: PlannedJob;
  readonly secrets: SecretVars;
  /** `local`: the files here; else what is to be fetched. */
  readonly source: 'local' | Extract<SourceSpec, { kind: 'git' }>;
  readonly dev: DevDirectory;
  /** Name of the run that builds. */
  readonly runName: string;
  /** Of this run, for the packed files. */
  readonly runDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly onEvent: (event: Exclude<BuildEvent, { type: 'result' | 'error' }>) => void;
  readonly signal: AbortSignal;
}

/**
 * Builds a job as a deployment with a local build context does, or one from git; without accounts and limits, since it is
 * the author's own code on the author's machine.
 *
 * @throws PlatformError of packing or of the builder.
 */
export async function buildJob(options: BuildJobOptions): Promise<BuildResult> {
  const { job, planned, secrets, source, dev, env, onEvent, signal } = options;
  const archive = source === 'local' ? await packJob(options) : undefined;
  try {
    const request = {
      deploymentId: randomUUID(),
      buildsDir: dev.builds,
      source: archive === undefined ? (source as SourceSpec) : ({ kind: 'archive', path: archive } as const),
      allowLocalGit: true,
      allowPrivate: ['*'],
      gitTimeoutMs: GIT_TIMEOUT_MS,
      // The comment makes it this run's alone.
      manifestYaml: `${dumpManifestYaml(job.submitted)}\n# racetrack dev ${options.runName}\n`,
      jobType: planned.jobType,
      pluginDir: planned.pluginDir,
      plan: planned.plan,
      trustsHostPaths: true,
      buildEnv: job.manifest.build_env ?? {},
      secretBuildEnv: secrets.build_env,
      secretsKey: dev.secretsKey,
      noCache: false,
      timeoutMs: BUILD_TIMEOUT_MS,
      limits: { memoryBytes: null, processes: null, diskBytes: null, logBytes: null, cpuMillicores: null },
      account: null,
      tools: null,
      hiddenDirs: [],
      owner: 'dev',
    };
    return await runBuilder({ request, env, onEvent, signal });
  } finally {
    if (archive !== undefined) await rm(archive, { force: true });
  }
}

async function packJob({ job, runDir, log, signal }: BuildJobOptions): Promise<string> {
  const quiet = { ...log, info: (text: string) => log.debug(text) };
  const { pieces } = await createBuildContext(
    { log: quiet },
    { root: job.root, secretPaths: secretPaths(job), alsoIgnored: CACHE_PATTERNS, signal },
  );
  const path = join(runDir, `${randomUUID()}.tar.gz`);
  const bytes = Readable.from(pieces.map((piece) => Buffer.from(piece, 'base64')));
  await pipeline(bytes, createWriteStream(path, { mode: 0o600 }), { signal });
  return path;
}
