import { cp, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativePlan } from '@racetrack-platform/contracts';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import { createTemporaryDirectory } from '../temporary-directory.ts';
import { TEST_COMPILE_CACHE_DIR } from '../test-job.ts';
import { runPlanSteps } from './run-plan-steps.ts';
import { createWrapperStarter, removeInstances } from './start-wrapper.ts';
import type { WrapperHarness } from './wrapper-harness.ts';

const TARGET_PLUGIN_DIR = fileURLToPath(
  new URL('../../../../plugins/infrastructure-process', import.meta.url),
);
const PLAN_TIMEOUT_MS = 60_000;
const GO_VARIABLES = ['GOPROXY', 'GOPRIVATE', 'GONOPROXY', 'GOSUMDB', 'GONOSUMDB'];

/** Which conformance job is to be built, and by whom. */
export interface ConformanceJob {
  /** Folder of the plugin with the job type. */
  readonly pluginDir: string;
  /** The job's files. @defaultValue `conformance/` in the plugin */
  readonly sourceDir?: string;
  /** Without version, such as `golang`. */
  readonly jobType: string;
  /** What its manifest says of the language. */
  readonly jobtypeExtra: Readonly<Record<string, unknown>>;
}

/**
 * Builds the conformance job of a job type as the platform would: the plan comes from the plugin in a plugin host, and
 * the process target launches what the plan's steps made. Downloads are kept among the temporary files for next time.
 *
 * @throws Error when the plugin offers no such job type, or a step fails.
 */
export async function buildConformanceJob(job: ConformanceJob): Promise<WrapperHarness> {
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(await createTemporaryDirectory());
  const host = cleanup.use(await startHost(job, directory.path));
  const fullName = findJobType(host, job.jobType);
  const makePlan = async (extra: Readonly<Record<string, unknown>> = {}): Promise<NativePlan> =>
    await host.planNative(
      fullName,
      {
        name: 'conformance',
        version: '1.2.3',
        jobtypeExtra: { ...job.jobtypeExtra, ...extra },
        systemDependencies: [],
      },
      AbortSignal.timeout(PLAN_TIMEOUT_MS),
    );
  const paths = await prepareDirectories(job, directory.path);
  const plan = await makePlan();
  const env = await selectStepEnvironment(directory.path);
  await runPlanSteps([...plan.environment.steps, ...plan.steps], paths, env);
  const target = host.target('process');
  cleanup.defer(async () => await removeInstances(target));
  const start = createWrapperStarter({
    target,
    dataDir: directory.path,
    paths,
    planRun: async (extra) => (extra === undefined ? plan : await makePlan(extra)).run,
  });
  const owned = cleanup.move();
  return {
    environmentDir: paths.environment,
    start,
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

async function startHost({ pluginDir }: ConformanceJob, dataDir: string): Promise<PluginHost> {
  const ignore = (): void => {};
  // Not for those who need something else of this package.
  const { startPluginHost } = await import('@racetrack-platform/plugin-engine');
  return await startPluginHost({
    plugins: [TARGET_PLUGIN_DIR, pluginDir].map((dir) => ({ dir, dataDir, settings: {} })),
    logger: { info: ignore, warn: ignore, error: ignore },
    env: { ...process.env, NODE_COMPILE_CACHE: TEST_COMPILE_CACHE_DIR },
  });
}

function findJobType(host: PluginHost, name: string): string {
  const found = host.jobTypes().find((candidate) => candidate.name === name);
  if (found !== undefined) return found.fullName;
  throw new Error(`no job type ${name}: ${JSON.stringify(host.describe())}`);
}

async function prepareDirectories(
  { pluginDir, jobType, sourceDir = join(pluginDir, 'conformance') }: ConformanceJob,
  dir: string,
): Promise<Record<'source' | 'environment' | 'cache' | 'plugin', string>> {
  const cache = join(tmpdir(), `racetrack-test-downloads-${process.getuid?.() ?? 0}`, jobType);
  const paths = {
    source: join(dir, 'source'),
    environment: join(dir, 'environment'),
    cache,
    plugin: pluginDir,
  };
  await Promise.all(
    [paths.environment, cache, join(dir, 'home')].map((path) => mkdir(path, { recursive: true })),
  );
  await cp(sourceDir, paths.source, { recursive: true });
  return paths;
}

/** What the builder hands on to steps: the search path, and where packages come from. */
async function selectStepEnvironment(dir: string): Promise<Record<string, string>> {
  const { selectHostEnvironment } = await import('@racetrack-platform/plugin-engine');
  const goSettings = GO_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const common = selectHostEnvironment(process.env);
  return { ...common, ...Object.fromEntries(goSettings), HOME: join(dir, 'home') };
}
