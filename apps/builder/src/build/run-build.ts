import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest, BuildResult, BuildStep } from '@racetrack-platform/contracts/processes';
import { failpoint } from '@racetrack-platform/failpoints';
import type { PlatformError } from '@racetrack-platform/errors';
import {
  ensureBuildsDirectory,
  restrictBuildsDirectory,
  type BuildsDirectory,
} from '../cache/builds-directory.ts';
import { openDownloads } from '../cache/open-downloads.ts';
import { copyTree } from '../cache/durable-files.ts';
import { ensureEntry, type CacheEntry } from '../cache/ensure-entry.ts';
import type { Workspace } from '../cache/workspace.ts';
import type { BuilderConfig } from '../config.ts';
import { watchBuild, type BuildWatch } from '../limits/watch-build.ts';
import { artifactKey, environmentKey, type KeyContext } from '../keys/cache-keys.ts';
import { combineTreeDigest, MANIFEST_FILE } from '../keys/digest-tree.ts';
import type { BuildOutput } from '../protocol/build-output.ts';
import type { Redactor } from '../protocol/redact.ts';
import { obtainSource, type PreparedSource } from '../source/obtain-source.ts';
import { rememberComparison } from '../source/remember-comparison.ts';
import { runSteps } from '../steps/run-steps.ts';
import { assertRequiredFiles, digestEnvironmentFiles, refersToSource } from './check-files.ts';
import { digestIndexSettings } from './digest-index-settings.ts';
import { findPluginDir, openHostFiles } from './host-files.ts';

export interface RunBuildDeps {
  readonly config: BuilderConfig;
  readonly output: BuildOutput;
  readonly redactor: Redactor;
  readonly now: () => number;
  /** Ends the build with this reason: its signal aborts. */
  readonly end: (reason: PlatformError) => void;
}

/** What every stage of one build needs. */
interface BuildContext extends RunBuildDeps {
  readonly request: BuildRequest;
  readonly signal: AbortSignal;
  readonly builds: BuildsDirectory;
  readonly keys: KeyContext;
  readonly log: (line: string) => void;
  /** Made when first needed: a build that finds everything in the caches needs none. */
  readonly getWorkspace: () => Promise<Workspace>;
  /** Of the workspace; made together with it. */
  readonly getWatch: () => Promise<BuildWatch>;
  /** With whom environments and downloads may be shared; `null`: with everybody. */
  readonly scope: string | null;
}

/**
 * Builds one source: fetches it, prepares its environment and its artifact, or finds them in the caches.
 *
 * @param request - parsed.
 * @param signal - ends the build; everything it started is killed and its workspace removed before this rejects.
 * @returns paths of complete entries, which nothing changes from now on.
 * @throws PlatformError of any of the stages, or the signal's reason.
 */
export async function runBuild(
  deps: RunBuildDeps,
  request: BuildRequest,
  signal: AbortSignal,
): Promise<BuildResult> {
  const builds = await ensureBuildsDirectory(request.buildsDir);
  if (request.account !== null) await restrictBuildsDirectory(builds);
  const scope = findScope(request);
  let workspace: Promise<Workspace> | undefined;
  let watch: Promise<BuildWatch> | undefined;
  const getWorkspace = async (): Promise<Workspace> => {
    workspace ??= openWorkspace(builds, request, signal);
    watch ??= workspace.then((opened) => watchBuild(request.limits, opened, deps.end));
    await watch;
    return await workspace;
  };
  const context: BuildContext = {
    ...deps,
    request,
    signal,
    builds,
    keys: { request, indexSettings: await digestIndexSettings(deps.config.indexSettings), scope },
    scope,
    log: deps.output.log,
    getWorkspace,
    getWatch: async () => await getWorkspace().then(async () => await (watch as Promise<BuildWatch>)),
  };
  try {
    return await runStages(context);
  } finally {
    (await watch)?.stop();
    await (await workspace)?.dispose();
  }
}

/**
 * Builds under accounts of their own trust nobody else's: what a step could have written to is shared within one owner
 * only, unless nothing that an author chose had a part in it.
 */
function findScope({ account, plan, buildEnv, secretBuildEnv, owner }: BuildRequest): string | null {
  if (account === null) return null;
  const isPlain = Object.keys(buildEnv).length + Object.keys(secretBuildEnv).length === 0;
  return plan.environment.isShareable === true && isPlain ? null : owner;
}

async function openWorkspace(
  builds: BuildsDirectory,
  request: BuildRequest,
  signal: AbortSignal,
): Promise<Workspace> {
  const [{ removeLeftovers }, { createWorkspace }] = await Promise.all([
    import('../cache/remove-leftovers.ts'),
    import('../cache/workspace.ts'),
  ]);
  await removeLeftovers(builds);
  return await createWorkspace(builds, request, signal);
}

async function runStages(context: BuildContext): Promise<BuildResult> {
  const { request, output } = context;
  output.phase(
    'source',
    request.source.kind === 'git' ? 'fetching the source code' : 'unpacking the source code',
  );
  const source = await obtainSource(context, request, context.signal);
  await warnAboutSource(context, source);

  output.phase('build', 'preparing the environment');
  await assertRequiredFiles(request.plan, source.treeDir);
  const environment = await prepareEnvironment(context, source);
  failpoint('after-environment-completed');
  context.log(`environment: ${environment.name}${environment.wasReused ? ', built earlier' : ''}`);

  output.phase('build', 'building image (1/1)');
  const treeDigest = combineTreeDigest(source.treeDigest, request.manifestYaml);
  const artifact = await prepareArtifact(context, source, treeDigest, environment);
  failpoint('after-artifact-completed');
  context.log(`artifact: ${artifact.name}${artifact.wasReused ? ', built earlier' : ''}`);
  return {
    commit: source.commit,
    gitVersion: source.gitVersion,
    treeDigest,
    artifactKey: artifact.name,
    sourceDir: artifact.treeDir,
    environmentDir: environment.treeDir,
    pluginDir: await findPluginDir(context, request.plan.run),
    reusedEnvironment: environment.wasReused,
    reusedArtifact: artifact.wasReused,
  };
}

async function warnAboutSource({ request, output }: BuildContext, source: PreparedSource): Promise<void> {
  for (const warning of [...(request.plan.warnings ?? []), ...source.warnings]) output.warning(warning);
  if (source.manifest === null) return;
  const { manifest, entryDir } = source;
  const warning = await rememberComparison(entryDir, request.manifestYaml, async () => {
    // Loaded here: the reader of manifests costs a warm build a third of its time.
    const { checkConsistency } = await import('../source/check-consistency.ts');
    return await checkConsistency(manifest, request.manifestYaml);
  });
  if (warning !== undefined) output.warning(warning);
}

async function prepareEnvironment(context: BuildContext, source: PreparedSource): Promise<CacheEntry> {
  const { request, keys, signal } = context;
  const { files, steps, expiresAfterMs } = request.plan.environment;
  const digests = await digestEnvironmentFiles(files, source.treeDir, request.manifestYaml);
  if (await refersToSource(request.plan.environment, source.treeDir)) digests['.'] = source.treeDigest;
  return await ensureEntry(context, {
    kind: 'environments',
    key: environmentKey(keys, digests),
    ignoreExisting: request.noCache,
    expiresAfterMs,
    signal,
    async build(treeDir) {
      // A copy of its own: installers write into the source they install from, which others share.
      const copy = join((await context.getWorkspace()).dir, 'source');
      await writeSource(context, source, copy);
      const paths = { source: copy, environment: treeDir };
      await runPlanSteps(context, steps, { paths, results: [treeDir], writable: [copy, treeDir] });
      failpoint('before-environment-completed');
    },
  });
}

async function prepareArtifact(
  context: BuildContext,
  source: PreparedSource,
  treeDigest: string,
  environment: CacheEntry,
): Promise<CacheEntry> {
  const { request, keys, signal } = context;
  return await ensureEntry(context, {
    kind: 'artifacts',
    // With an ignored cache the environment is a new one, and so is this key.
    key: artifactKey(keys, treeDigest, environment.name),
    ignoreExisting: false,
    expiresAfterMs: null,
    signal,
    async build(treeDir) {
      await writeSource(context, source, treeDir);
      const paths = { source: treeDir, environment: environment.treeDir };
      await runPlanSteps(context, request.plan.steps, { paths, results: [treeDir], writable: [treeDir] });
      failpoint('before-artifact-completed');
    },
  });
}

/** Copies the source and writes the submitted manifest over the repository's. */
async function writeSource(context: BuildContext, source: PreparedSource, targetDir: string): Promise<void> {
  context.signal.throwIfAborted();
  await copyTree(source.treeDir, targetDir);
  const path = join(targetDir, MANIFEST_FILE);
  // Removed first: it might be a link to somewhere else.
  await rm(path, { recursive: true, force: true });
  await writeFile(path, context.request.manifestYaml, { flag: 'wx' });
}

interface StepPaths {
  readonly paths: { readonly source: string; readonly environment: string };
  /** What the steps may write to; theirs while they run. */
  readonly writable: readonly string[];
  /** What becomes nobody's to write to afterwards. */
  readonly results: readonly string[];
}

async function runPlanSteps(
  context: BuildContext,
  steps: readonly BuildStep[],
  { paths, writable, results }: StepPaths,
): Promise<void> {
  const { config, request, signal } = context;
  const { account } = request;
  if (account === null && steps.length === 0) return;
  const [workspace, watch] = await Promise.all([context.getWorkspace(), context.getWatch()]);
  const { handOver, sealTree } = await import('../confinement/seal-tree.ts');
  const downloads = await openDownloads(context, workspace, steps);
  try {
    for (const path of writable) {
      watch.addDirectory(path);
      if (account !== null) handOver(path, account);
    }
    await watch.addGrowing(downloads.dir);
    const host = await openHostFiles(context, steps);
    await runSteps(context, host.steps, {
      placeholders: { ...paths, plugin: host.pluginDir, cache: downloads.dir },
      env: {
        ...config.stepEnv,
        PATH: config.path,
        LANG: 'C.UTF-8',
        TERM: 'dumb',
        NO_COLOR: '1',
        ...request.buildEnv,
        ...request.secretBuildEnv,
      },
      fixedEnv: workspace.env,
      confinement: workspace.confinement,
      view: {
        readOnly: [paths.environment, ...host.readOnly],
        writable: [...writable, workspace.homeDir, workspace.tmpDir, downloads.dir],
        temporaryDir: workspace.tmpDir,
      },
      onOutput: watch.countOutput,
      checkLimits: watch.check,
      signal,
    });
    if (account === null) return;
    await workspace.killAll();
    for (const path of results) {
      await sealTree(path, account, { maxBytes: request.limits.diskBytes, signal });
    }
  } finally {
    downloads.release();
  }
}
