import { addressSchema, nativePlanSchema, runSpecSchema } from '@racetrack-platform/contracts/processes';
import { z } from 'zod';

/**
 * The plugin protocol (design D5): JSON lines on the host's standard input and output. The first line to a host is its
 * configuration; then requests, cancels and pulls go in, answers, stream items and log entries come out. There are no
 * callbacks. A host in another language has to speak exactly this.
 */

/** Longest line in either direction, in bytes. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Items of one stream that may be under way unread; the reader allows further ones with `pull`. */
export const STREAM_WINDOW = 256;

/** What one plugin has to be loaded and set up, milliseconds, unless its host is told otherwise. */
export const SETUP_TIMEOUT_MS = 10_000;

/** First line to a host. */
export const hostConfigSchema = z.object({
  plugins: z.array(
    z.object({
      dir: z.string(),
      dataDir: z.string(),
      /** Its `config.yaml`, parsed. */
      settings: z.record(z.string(), z.unknown()),
      /** What the platform tells those that come with it. */
      platform: z.record(z.string(), z.unknown()).optional(),
      /** Its `plugin-manifest.yaml`, parsed; a plugin of this repository has none. */
      manifest: z.record(z.string(), z.unknown()).optional(),
      /** Folder whose packages it may import as well: that of the bundled plugin of which it is a pinned version. */
      importsFrom: z.string().optional(),
    }),
  ),
  /** Time for one plugin to be imported and set up. */
  setupTimeoutMs: z.int().positive().default(SETUP_TIMEOUT_MS),
  /** Of data, for the host's process as a whole; only the host for Python reads it. */
  memoryBytes: z.int().positive().optional(),
});
export type HostConfig = z.input<typeof hostConfigSchema>;
/** One plugin to load. */
export type PluginConfig = HostConfig['plugins'][number];

const messageIdSchema = z.int().positive();

const requestSchema = z.object({
  id: messageIdSchema,
  /** Id of the plugin; `null` for the host itself. */
  plugin: z.string().nullable(),
  method: z.string(),
  params: z.unknown(),
});
export type Request = z.infer<typeof requestSchema>;

/** Every further line to a host. A cancelled request may stay without an answer. */
export const hostInputSchema = z.union([
  requestSchema,
  z.object({ cancel: messageIdSchema }),
  z.object({ pull: messageIdSchema, count: z.int().positive() }),
]);

const hostErrorSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });
export type HostError = z.infer<typeof hostErrorSchema>;

const hostLogSchema = z.object({
  plugin: z.string(),
  level: z.enum(['info', 'warn', 'error']),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

/** Every line from a host. `id: null` answers a line that could not be understood. */
export type HostOutput =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly data: unknown }
  | { readonly id: number; readonly end: true }
  | { readonly id: number | null; readonly error: HostError }
  | { readonly log: z.infer<typeof hostLogSchema> };

const hostOutputSchema = z.union([
  z.object({ log: hostLogSchema }),
  z.object({ id: messageIdSchema.nullable(), error: hostErrorSchema }),
  z.object({ id: messageIdSchema, end: z.literal(true) }),
  z.looseObject({ id: messageIdSchema }).refine((message) => 'result' in message || 'data' in message),
]);

/** Reads a line from a host; `undefined` for anything else, such as what a library printed past the guard. */
export function parseHostOutput(line: string): HostOutput | undefined {
  try {
    const parsed = hostOutputSchema.safeParse(JSON.parse(line));
    return parsed.success ? (parsed.data as HostOutput) : undefined;
  } catch {
    return undefined;
  }
}

/** What a host found in one plugin's folder. */
export const pluginDescriptionSchema = z.object({
  dir: z.string(),
  /** The folder's name when the plugin did not get so far as to tell its id. */
  id: z.string(),
  version: z.string().nullable(),
  category: z.enum(['job-type', 'infrastructure', 'core']).nullable(),
  jobTypes: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      /** Whether it can run without containers. */
      isNative: z.boolean(),
      /** JSON Schema of `jobtype_extra`. */
      extraSchema: z.record(z.string(), z.unknown()).optional(),
      images: z.array(
        z.object({
          source: z.enum(['jobtype', 'job']),
          dockerfilePath: z.string(),
          template: z.boolean(),
          baseDockerfilePath: z.string().nullable(),
        }),
      ),
    }),
  ),
  targets: z.array(
    z.object({
      name: z.string(),
      runs: z.enum(['native', 'container']),
      scope: z.enum(['host', 'shared']),
    }),
  ),
  /** Which of {@link HOOKS} it implements. */
  hooks: z.array(z.string()),
  /** JSON Schema of `config.yaml`. */
  settingsSchema: z.record(z.string(), z.unknown()).optional(),
  /** Why it cannot be used, or why a part of it is left out. */
  error: z.string().nullable(),
});
export type PluginDescription = z.infer<typeof pluginDescriptionSchema>;

const launchRequestSchema = z.object({
  instanceId: z.string(),
  job: z.object({ name: z.string(), version: z.string() }),
  deploymentTimestamp: z.int(),
  artifact: z.object({
    kind: z.literal('native'),
    sourceDir: z.string(),
    environmentDir: z.string(),
    pluginDir: z.string(),
    run: runSpecSchema,
  }),
  env: z.record(z.string(), z.string()),
  resources: z.object({
    memoryMaxBytes: z.number().nullable(),
    cpuMaxMillicores: z.number().nullable(),
  }),
  account: z.object({ uid: z.int().positive(), gid: z.int().positive() }).nullable(),
});

const targetParams = z.object({ target: z.string() });

const recordSchema = z.record(z.string(), z.unknown());
const manifestSchema = z.looseObject({ name: z.string(), version: z.string() });
const jobSchema = z.looseObject({ name: z.string(), version: z.string() });

/** What plugins may be asked, by the names of Racetrack 2.36: what goes in (as parameters of `hook`), what comes out. */
export const HOOKS = {
  job_runtime_env_vars: { params: z.object({}), result: z.record(z.string(), z.string()) },
  validate_job_manifest: {
    params: z.object({ manifest: manifestSchema, jobType: z.string() }),
    result: z.null(),
  },
  post_job_deploy: {
    params: z.object({
      manifest: manifestSchema,
      job: jobSchema,
      imageName: z.string(),
      deployerUsername: z.string().nullable(),
    }),
    result: z.null(),
  },
  post_job_delete: {
    params: z.object({ job: jobSchema, usernameExecutor: z.string().nullable() }),
    result: z.null(),
  },
  markdown_docs: { params: z.object({}), result: z.string().nullable() },
  run_action: { params: z.object({ arguments: recordSchema }), result: z.unknown() },
} as const;
export type HookName = keyof typeof HOOKS;
export type HookParams<Name extends HookName> = z.input<(typeof HOOKS)[Name]['params']>;
export type HookResult<Name extends HookName> = z.output<(typeof HOOKS)[Name]['result']>;

/** Requests with one answer: what goes in and what comes out. */
export const CALLS = {
  describe: { params: z.object({}), result: z.array(pluginDescriptionSchema) },
  planNative: {
    params: z.object({
      /** `name:version`. */
      jobType: z.string(),
      manifest: z.object({
        name: z.string(),
        version: z.string(),
        jobtypeExtra: z.record(z.string(), z.unknown()),
        systemDependencies: z.array(z.string()),
      }),
    }),
    result: nativePlanSchema,
  },
  /** Parameters: those of the hook (see {@link HOOKS}) beside its name. */
  hook: { params: z.looseObject({ hook: z.string() }), result: z.unknown() },
  launch: {
    params: targetParams.extend({ request: launchRequestSchema }),
    result: z.object({ address: addressSchema, warnings: z.array(z.string()).optional() }),
  },
  remove: {
    params: targetParams.extend({
      instanceId: z.string(),
      gracePeriodMs: z.number().nonnegative(),
      keepOutput: z.boolean(),
    }),
    result: z.null(),
  },
  observeAll: {
    params: targetParams,
    result: z.array(
      z.object({
        instanceId: z.string(),
        state: z.enum(['running', 'exited']),
        address: addressSchema,
        startedAt: z.number(),
        exitCode: z.number().nullable(),
        reason: z.string().nullable(),
        launchedAs: z
          .object({
            job: z.object({ name: z.string(), version: z.string() }),
            deploymentTimestamp: z.number(),
          })
          .optional(),
      }),
    ),
  },
  stats: {
    params: targetParams,
    result: z.array(
      z.object({
        instanceId: z.string(),
        memoryBytes: z.number().nullable(),
        cpuSeconds: z.number().nullable(),
      }),
    ),
  },
} as const;
export type CallName = keyof typeof CALLS;
export type CallParams<Name extends CallName> = z.input<(typeof CALLS)[Name]['params']>;
export type CallResult<Name extends CallName> = z.output<(typeof CALLS)[Name]['result']>;

/** Requests answered by a stream: `data` any number of times, then `end` or `error`. */
export const STREAMS = {
  logs: {
    params: targetParams.extend({
      instanceId: z.string(),
      tail: z.int().nonnegative().nullable(),
      follow: z.boolean(),
    }),
    item: z.string(),
  },
} as const;
export type StreamName = keyof typeof STREAMS;
export type StreamParams<Name extends StreamName> = z.input<(typeof STREAMS)[Name]['params']>;
export type StreamItem<Name extends StreamName> = z.output<(typeof STREAMS)[Name]['item']>;
