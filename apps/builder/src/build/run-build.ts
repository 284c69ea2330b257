import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest, BuildResult, BuildStep } from '@racetrack-platform/contracts';
import { ensureBuildsDirectory, type BuildsDirectory } from '../cache/builds-directory.ts';
import { copyTree, removeTree } from '../cache/durable-files.ts';
import { ensureEntry, type CacheEntry } from '../cache/ensure-entry.ts';
import type { Workspace } from '../cache/workspace.ts';
import type { BuilderConfig } from '../config.ts';
import { artifactKey, environmentKey, type KeyContext } from '../keys/cache-keys.ts';
import { combineTreeDigest, MANIFEST_FILE } from '../keys/digest-tree.ts';
import type { BuildOutput } from '../protocol/build-output.ts';
import type { Redactor } from '../protocol/redact.ts';
import { obtainSource, type PreparedSource } from '../source/obtain-source.ts';
import { rememberComparison } from '../source/remember-comparison.ts';
import { runSteps } from '../steps/run-steps.ts';
import { assertRequiredFiles, digestEnvironmentFiles, refersToSource } from './check-files.ts';
import { digestIndexSettings } from './digest-index-settings.ts';

export interface RunBuildDeps {
  readonly config: BuilderConfig;
  readonly output: BuildOutput;
  readonly redactor: Redactor;
  readonly now: () => number;
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
  let workspace: Promise<Workspace> | undefined;
  const context: BuildContext = {
    ...deps,
    request,
    signal,
    builds,
    keys: { request, indexSettings: await digestIndexSettings(deps.config.indexSettings) },
    log: deps.output.log,
    getWorkspace: async () => await (workspace ??= openWorkspace(builds)),
  };
  try {
    return await runStages(context);
  } finally {
    await (await workspace)?.dispose();
  }
}

async function openWorkspace(builds: BuildsDirectory): Promise<Workspace> {
  const [{ removeLeftovers }, { createWorkspace }] = await Promise.all([
    import('../cache/remove-leftovers.ts'),
    import('../cache/workspace.ts'),
  ]);
  await removeLeftovers(builds);
  return await createWorkspace(builds);
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
  context.log(`environment: ${environment.name}${environment.wasReused ? ', built earlier' : ''}`);

  output.phase('build', 'building image (1/1)');
  const treeDigest = combineTreeDigest(source.treeDigest, request.manifestYaml);
  const artifact = await prepareArtifact(context, source, treeDigest, environment);
  context.log(`artifact: ${artifact.name}${artifact.wasReused ? ', built earlier' : ''}`);
  return {
    commit: source.commit,
    gitVersion: source.gitVersion,
    treeDigest,
    artifactKey: artifact.name,
    sourceDir: artifact.treeDir,
    environmentDir: environment.treeDir,
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
      await runPlanSteps(context, steps, { source: copy, environment: treeDir });
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
      await runPlanSteps(context, request.plan.steps, { source: treeDir, environment: environment.treeDir });
    },
  });
}

/** Copies the source and writes the submitted manifest over the repository's. */
async function writeSource(context: BuildContext, source: PreparedSource, targetDir: string): Promise<void> {
  context.signal.throwIfAborted();
  await copyTree(source.treeDir, targetDir);
  const path = join(targetDir, MANIFEST_FILE);
  // Removed first: it might be a link to somewhere else.
  await removeTree(path);
  await writeFile(path, context.request.manifestYaml, { flag: 'wx' });
}

async function runPlanSteps(
  context: BuildContext,
  steps: readonly BuildStep[],
  paths: { readonly source: string; readonly environment: string },
): Promise<void> {
  const { config, request, signal } = context;
  if (steps.length === 0) return;
  const workspace = await context.getWorkspace();
  const cache = request.noCache ? join(workspace.dir, 'cache') : cacheFolder(context);
  await mkdir(cache, { recursive: true });
  await runSteps(context, steps, {
    placeholders: { ...paths, plugin: request.pluginDir, cache },
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
    signal,
  });
}

function cacheFolder({ builds, request }: BuildContext): string {
  const name = request.jobType.split(':')[0]?.replaceAll(/[^\w-]/g, '_') ?? '';
  return join(builds.cache, name === '' ? '_' : name);
}
