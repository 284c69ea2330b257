import { chmodSync, mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PlatformError } from '@racetrack-platform/errors';
import type {
  InfrastructureTarget,
  JobType,
  JsonSchema,
  Plugin,
  PluginContext,
  PluginHooks,
} from '@racetrack-platform/plugin-sdk';
import { z } from 'zod';
import { explainIssues } from '../explain-issues.ts';
import type { PluginConfig } from '../protocol.ts';
import { compileSchema } from './check-schema.ts';
import { describeFailure } from './describe-failure.ts';
import { findEntry } from './find-entry.ts';
import { refuseInvalidExtra } from './refuse-invalid-extra.ts';

/** A plugin after its `setup`, or the reason why there is nothing to use. */
export interface LoadedPlugin {
  readonly dir: string;
  readonly id: string;
  readonly version: string | null;
  readonly category: Plugin['category'] | null;
  readonly jobTypes: readonly JobType[];
  readonly targets: readonly InfrastructureTarget[];
  readonly hooks: PluginHooks;
  readonly settingsSchema: JsonSchema | undefined;
  readonly error: string | null;
}

export interface LoadPluginDeps {
  readonly log: (plugin: string, ...entry: Parameters<PluginContext['log']>) => void;
  /** For import and `setup` together. */
  readonly timeoutMs: number;
}

const pluginSchema = z.object({
  id: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.-]+)?$/, 'is not of the form X.Y.Z[-label]'),
  apiVersion: z.literal(1, 'is not a version of the plugin interface that this platform knows'),
  category: z.enum(['job-type', 'infrastructure', 'core']),
  settingsSchema: z.record(z.string(), z.unknown()).optional(),
  setup: z.custom<Plugin['setup']>((value) => typeof value === 'function', 'is not a function'),
});
const jobTypeSchema = z.object({
  name: z.string().regex(/^[^:\s]+$/, 'is empty or holds a colon or a space'),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.-]+)?$/, 'is not of the form X.Y.Z[-label]'),
  extraSchema: z.record(z.string(), z.unknown()).optional(),
  images: z.array(
    z.object({
      source: z.enum(['jobtype', 'job']).optional(),
      dockerfilePath: z.string(),
      template: z.boolean().optional(),
      baseDockerfilePath: z.string().nullish(),
    }),
  ),
});
const isMethod = (value: unknown): boolean => typeof value === 'function';
const targetSchema = z.object({
  name: z.string().min(1),
  runs: z.enum(['native', 'container']),
  scope: z.enum(['host', 'shared']),
  launch: z.custom(isMethod, 'is not a function'),
  remove: z.custom(isMethod, 'is not a function'),
  observeAll: z.custom(isMethod, 'is not a function'),
  logs: z.custom(isMethod, 'is not a function'),
  stats: z.custom(isMethod, 'is not a function'),
});

const optionalMethod = z.custom(isMethod, 'is not a function').optional();
const hooksSchema = z.strictObject({
  jobRuntimeEnvVars: optionalMethod,
  validateJobManifest: optionalMethod,
  postJobDeploy: optionalMethod,
  postJobDelete: optionalMethod,
  markdownDocs: optionalMethod,
  runAction: optionalMethod,
});

/** Imports a plugin and runs its `setup`. Never throws: a plugin that fails is one with an `error`. */
export async function loadPlugin(deps: LoadPluginDeps, config: PluginConfig): Promise<LoadedPlugin> {
  const jobTypes: JobType[] = [];
  const targets: InfrastructureTarget[] = [];
  const hooks: PluginHooks = {};
  const identity: Pick<LoadedPlugin, 'id' | 'version' | 'category'> = {
    id: basename(config.dir),
    version: null,
    category: null,
  };
  let settingsSchema: JsonSchema | undefined;
  const load = async (): Promise<void> => {
    const plugin = await importPlugin(config.dir);
    Object.assign(identity, { id: plugin.id, version: plugin.version, category: plugin.category });
    assertAgrees(plugin, config.manifest);
    settingsSchema = plugin.settingsSchema;
    await assertSettings(plugin, config.settings);
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    chmodSync(config.dataDir, 0o700);
    await plugin.setup({
      pluginDir: config.dir,
      dataDir: config.dataDir,
      settings: config.settings,
      platform: config.platform ?? {},
      addJobType: (jobType) => jobTypes.push(check(jobTypeSchema, jobType, 'addJobType')),
      addInfrastructureTarget: (target) =>
        targets.push(check(targetSchema, target, 'addInfrastructureTarget')),
      addHooks: (added) =>
        Object.assign(hooks, check(hooksSchema, added, 'addHooks', Object.keys(hooksSchema.shape))),
      log: (...entry) => deps.log(plugin.id, ...entry),
    });
    assertMayRun(targets, config.manifest);
    await refuseInvalidExtra(jobTypes, hooks);
  };
  try {
    await withTimeout(load(), deps.timeoutMs);
    return {
      dir: config.dir,
      ...identity,
      jobTypes: [...jobTypes],
      targets: [...targets],
      hooks,
      settingsSchema,
      error: null,
    };
  } catch (error) {
    return {
      dir: config.dir,
      ...identity,
      jobTypes: [],
      targets: [],
      hooks: {},
      settingsSchema,
      error: describeFailure(error, config.dir),
    };
  }
}

async function importPlugin(dir: string): Promise<Plugin> {
  const module: unknown = await import(pathToFileURL(findEntry(dir)).href);
  const exported =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : module;
  return check(pluginSchema, exported as Plugin, 'the default export');
}

/** Who installs a plugin reads the manifest; who calls it, what its code says. */
function assertAgrees({ id, version }: Plugin, manifest: PluginConfig['manifest']): void {
  if (manifest === undefined || (manifest['name'] === id && manifest['version'] === version)) return;
  const says = `${String(manifest['name'])} ${String(manifest['version'])}`;
  throw new PlatformError(
    'PLUGIN_FAILED',
    `the code says that it is ${id} ${version}, the manifest ${says}`,
    {
      hint: 'Write the same id and version into both.',
    },
  );
}

/** How a plugin's process is confined is decided by its manifest, before any of its code runs. */
function assertMayRun(targets: readonly InfrastructureTarget[], manifest: PluginConfig['manifest']): void {
  if (targets.length === 0 || manifest === undefined || manifest['category'] === 'infrastructure') return;
  throw new PlatformError(
    'PLUGIN_FAILED',
    'it brings an infrastructure target, and its manifest does not say so',
    {
      hint: 'Write "category: infrastructure" into plugin-manifest.yaml.',
    },
  );
}

async function assertSettings({ settingsSchema }: Plugin, settings: PluginConfig['settings']): Promise<void> {
  if (settingsSchema === undefined) return;
  const checkSettings = await compileSchema(settingsSchema, 'settingsSchema', 'settings');
  const problems = checkSettings(settings);
  if (problems.length === 0) return;
  // What to do about it depends on who reads it.
  throw new PlatformError('PLUGIN_FAILED', problems.join('; '));
}

/** Checks the shape, and answers the value itself so that methods keep their `this`. */
function check<T>(schema: z.ZodType, value: T, what: string, known: readonly string[] = []): T {
  const result = schema.safeParse(value);
  if (result.success) return value;
  throw new PlatformError('PLUGIN_FAILED', `${what}: ${explainIssues(result.error, known)}`, {
    hint: 'Compare with the types of the plugin SDK.',
  });
}

async function withTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new PlatformError('PLUGIN_FAILED', `it was not set up within ${timeoutMs / 1_000} s`));
    }, timeoutMs);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
