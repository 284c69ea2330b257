import { chmodSync, mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type {
  InfrastructureTarget,
  JobType,
  Plugin,
  PluginContext,
  PluginHooks,
} from '@racetrack-platform/plugin-sdk';
import { z } from 'zod';
import type { PluginConfig } from '../protocol.ts';
import { findEntry } from './find-entry.ts';

/** A plugin after its `setup`, or the reason why there is nothing to use. */
export interface LoadedPlugin {
  readonly dir: string;
  readonly id: string;
  readonly version: string | null;
  readonly category: Plugin['category'] | null;
  readonly jobTypes: readonly JobType[];
  readonly targets: readonly InfrastructureTarget[];
  readonly hooks: PluginHooks;
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
  setup: z.custom<Plugin['setup']>((value) => typeof value === 'function', 'is not a function'),
});
const jobTypeSchema = z.object({
  name: z.string().regex(/^[^:\s]+$/, 'is empty or holds a colon or a space'),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.-]+)?$/, 'is not of the form X.Y.Z[-label]'),
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
  const load = async (): Promise<void> => {
    const plugin = await importPlugin(config.dir);
    Object.assign(identity, { id: plugin.id, version: plugin.version, category: plugin.category });
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    chmodSync(config.dataDir, 0o700);
    await plugin.setup({
      pluginDir: config.dir,
      dataDir: config.dataDir,
      settings: config.settings,
      addJobType: (jobType) => jobTypes.push(check(jobTypeSchema, jobType, 'addJobType')),
      addInfrastructureTarget: (target) =>
        targets.push(check(targetSchema, target, 'addInfrastructureTarget')),
      addHooks: (added) => Object.assign(hooks, check(hooksSchema, added, 'addHooks')),
      log: (...entry) => deps.log(plugin.id, ...entry),
    });
  };
  try {
    await withTimeout(load(), deps.timeoutMs);
    return {
      dir: config.dir,
      ...identity,
      jobTypes: [...jobTypes],
      targets: [...targets],
      hooks,
      error: null,
    };
  } catch (error) {
    return {
      dir: config.dir,
      ...identity,
      jobTypes: [],
      targets: [],
      hooks: {},
      error: describeFailure(error),
    };
  }
}

async function importPlugin(dir: string): Promise<Plugin> {
  const module: unknown = await import(pathToFileURL(findEntry(dir)).href);
  const exported =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : module;
  return check(pluginSchema, exported as Plugin, 'the default export');
}

/** Checks the shape, and answers the value itself so that methods keep their `this`. */
function check<T>(schema: z.ZodType, value: T, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return value;
  throw new PlatformError('PLUGIN_FAILED', `${what}: ${z.prettifyError(result.error)}`, {
    hint: 'Compare with the types of the plugin SDK.',
  });
}

function describeFailure(error: unknown): string {
  const hint = PlatformError.is(error) && error.hint !== undefined ? ` ${error.hint}` : '';
  return `${messageOf(error)}${hint}`;
}

async function withTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new PlatformError('PLUGIN_FAILED', `setup did not finish within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
