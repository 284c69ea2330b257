import { isIP } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { DEFAULT_PORTS, isAddressRange } from '@racetrack-platform/contracts';
import { readStoreOptions } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { parseQuantity } from '@racetrack-platform/manifest';
import { SYSTEM_PACKAGE_MODES } from './system-packages/system-packages.ts';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const flag = z
  .string()
  .optional()
  .transform((text) => /^(1|t|true|y|yes)$/i.test(text ?? ''));
const seconds = (fallback: number) =>
  z.coerce
    .number()
    .positive()
    .default(fallback)
    .transform((value) => value * 1_000);
/** `true`, `false`, or names and address ranges separated by commas; answers the list, with `*` for all. */
const privateNetworks = z
  .string()
  .default('')
  .transform((text) => {
    if (/^(?:1|t|true|y|yes)$/i.test(text.trim())) return ['*'];
    if (/^(?:0|f|false|n|no)$/i.test(text.trim())) return [];
    return text.split(/[\s,]+/).filter((entry) => entry !== '');
  })
  .refine((entries) => entries.every((entry) => entry === '*' || isNameOrRange(entry)), {
    message: 'is not true, false or a list of host names and address ranges such as git.acme.lan,10.1.0.0/16',
  });

/** An amount such as `512Mi`; `0`: `null`, no limit. */
const quantity = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      try {
        const value = Math.round(parseQuantity(text.trim()));
        return value === 0 ? null : value;
      } catch (error) {
        context.addIssue({ code: 'custom', message: `${messageOf(error)}, or 0 for no limit` });
        return z.NEVER;
      }
    });

/** Addresses and ranges of addresses, separated by commas. */
const ranges = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
  .refine((entries) => entries.every(isAddressRange), {
    message: 'is not a list of addresses and ranges such as 10.0.0.0/8,::1',
  });

/** Absolute paths, separated by commas. */
const folders = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  )
  .refine((entries) => entries.every((entry) => isAbsolute(entry)), {
    message: 'is not a list of absolute paths',
  });

const schema = z.object({
  /** Everything the platform keeps. */
  RACETRACK_DATA_DIR: z.string().default('./.racetrack'),
  RACETRACK_HOST: z.string().default('127.0.0.1'),
  RACETRACK_LIFECYCLE_PORT: port(DEFAULT_PORTS.lifecycle),
  RACETRACK_DASHBOARD_PORT: port(DEFAULT_PORTS.dashboard),
  /** Path of the change feed's Unix socket. */
  RACETRACK_FEED: z.string().optional(),
  /** Where callers reach pub, with its `/pub`. */
  RACETRACK_EXTERNAL_PUB_URL: z.url().default(`http://127.0.0.1:${DEFAULT_PORTS.pub}/pub`),
  RACETRACK_EXTERNAL_LIFECYCLE_URL: z.url().optional(),
  /** Password of the first administrator; generated when absent. */
  RACETRACK_ADMIN_PASSWORD: z.string().min(1).optional(),
  RACETRACK_AUTH_KEY: z.string().min(16).optional(),
  RACETRACK_SECRETS_KEY: z.string().optional(),
  /** Whether jobs may come from `file://` and plain paths. */
  RACETRACK_GIT_ALLOW_LOCAL: flag,
  /** Private addresses that git may fetch from: `true` for all, or host names and address ranges. */
  RACETRACK_GIT_ALLOW_PRIVATE: privateNetworks,
  /** API of the GitHub whose releases are installed by `github.com/OWNER/REPO`; that of github.com without. */
  RACETRACK_GITHUB_API: z.url().optional(),
  /** Seconds that a git server may be silent, or slower than a kilobyte a second. */
  RACETRACK_GIT_TIMEOUT: seconds(30),
  /** The well-known credentials of the tutorial; loopback only. */
  RACETRACK_TUTORIAL: flag,
  /** `auto`: as root every job runs as a user of its own, out of reach for the others; `off`: as the platform's. */
  RACETRACK_ISOLATION: z.enum(['auto', 'off']).default('auto'),
  /** Memory of an instance whose manifest does not say it. */
  RACETRACK_DEFAULT_JOB_MEMORY_MAX: quantity('1Gi'),
  /** The most memory that a manifest may ask for. */
  RACETRACK_MAX_JOB_MEMORY_LIMIT: quantity('8Gi'),
  /** What an instance may have in its home directory, its temporary files and its family's data. */
  RACETRACK_JOB_DISK_LIMIT: quantity('2Gi'),
  /** What is done about `system_dependencies` that this machine does not have. */
  RACETRACK_SYSTEM_DEPENDENCIES: z.enum(SYSTEM_PACKAGE_MODES).default('check'),
  /** Leave job instances running when the platform stops. */
  RACETRACK_KEEP_JOBS: flag,
  /** Target for manifests that name none, when several are installed. */
  RACETRACK_INFRASTRUCTURE_TARGET: z.string().optional(),
  /** Whether the plugins that come with the platform are loaded. */
  RACETRACK_DEFAULT_PLUGINS: flag.default(true),
  /** Folders of unpacked plugins to load beside those of the platform, for their authors. */
  RACETRACK_EXTRA_PLUGINS: folders,
  /** Seconds that the answer of an asynchronous call waits to be fetched. */
  RACETRACK_ASYNC_JOB_CALL_LIFETIME: seconds(14_400),
  /** Proxies whose `X-Forwarded-For` is believed. */
  RACETRACK_TRUSTED_PROXIES: ranges,
  /** Who may follow live logs without a token: `compat` as original clients need, or `strict`. */
  RACETRACK_LOG_STREAM_AUTH: z.enum(['compat', 'strict']).default('compat'),
  /** Whether a version that runs or ran may be deployed again without --force (the original's `allow_job_overwrite`). */
  RACETRACK_ALLOW_JOB_OVERWRITE: flag,
  /** Whether gateways of Racetrack 2.36 are told why a call is refused (the original's `auth_debug`). */
  RACETRACK_AUTH_DEBUG: flag,
  /** Deployments driven at once; the others wait. */
  RACETRACK_MAX_DEPLOYMENTS: z.coerce.number().int().min(1).default(4),
  /** Seconds for fetching and building. */
  RACETRACK_BUILD_TIMEOUT: seconds(3_600),
  /** Memory of one build, all its processes together; `0`: no limit. */
  RACETRACK_BUILD_MEMORY_MAX: quantity('4Gi'),
  /** Processes and threads of one build. */
  RACETRACK_BUILD_PROCESSES_MAX: quantity('1024'),
  /** Bytes that one build may add to the disk. */
  RACETRACK_BUILD_DISK_MAX: quantity('20Gi'),
  /** Bytes of environments and sources that are kept for the next build. */
  RACETRACK_BUILD_CACHE_MAX: quantity('20Gi'),
  /** Bytes of a build log that are kept; a build that writes 32 times as much is ended. */
  RACETRACK_BUILD_LOG_MAX: quantity('8Mi'),
  /** Seconds until a new instance must answer `/live` (the original's `timeout_until_job_alive`). */
  RACETRACK_ALIVE_TIMEOUT: seconds(900),
  /** Seconds until it must be ready (the original's `timeout_until_job_ready`). */
  RACETRACK_READY_TIMEOUT: seconds(600),
  /** Seconds that calls in flight have before a replaced instance is stopped. */
  RACETRACK_DRAIN_LIMIT: seconds(30),
  RACETRACK_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type Config = ReturnType<typeof parseConfig>;

/**
 * Reads the settings of the control process.
 *
 * @param env - the process environment, passed in by `main.ts`.
 * @throws PlatformError `CONFIG_INVALID`, naming every wrong variable at once.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PlatformError('CONFIG_INVALID', problems.join('; '), {
      hint: 'docs/reference/configuration.md lists every setting with what it takes.',
    });
  }
  const e = parsed.data;
  const dataDir = isAbsolute(e.RACETRACK_DATA_DIR) ? e.RACETRACK_DATA_DIR : resolve(e.RACETRACK_DATA_DIR);
  return {
    dataDir,
    /** SQLite in the data directory, or what DATABASE_URL names. */
    store: readStoreOptions(env, resolve(dataDir, 'store', 'racetrack.db')),
    host: e.RACETRACK_HOST,
    lifecyclePort: e.RACETRACK_LIFECYCLE_PORT,
    dashboardPort: e.RACETRACK_DASHBOARD_PORT,
    feedPath: e.RACETRACK_FEED ?? resolve(dataDir, 'run', 'feed.sock'),
    externalPubUrl: e.RACETRACK_EXTERNAL_PUB_URL.replace(/\/+$/, ''),
    externalLifecycleUrl: e.RACETRACK_EXTERNAL_LIFECYCLE_URL?.replace(/\/+$/, ''),
    adminPassword: e.RACETRACK_ADMIN_PASSWORD,
    authKey: e.RACETRACK_AUTH_KEY,
    secretsKey: e.RACETRACK_SECRETS_KEY,
    allowLocalGit: e.RACETRACK_GIT_ALLOW_LOCAL,
    allowPrivate: e.RACETRACK_GIT_ALLOW_PRIVATE,
    githubApi: e.RACETRACK_GITHUB_API,
    gitTimeoutMs: e.RACETRACK_GIT_TIMEOUT,
    tutorial: e.RACETRACK_TUTORIAL,
    isolation: e.RACETRACK_ISOLATION,
    defaultJobMemoryBytes: e.RACETRACK_DEFAULT_JOB_MEMORY_MAX,
    maxJobMemoryBytes: e.RACETRACK_MAX_JOB_MEMORY_LIMIT,
    jobDiskLimitBytes: e.RACETRACK_JOB_DISK_LIMIT,
    systemDependencies: e.RACETRACK_SYSTEM_DEPENDENCIES,
    keepJobs: e.RACETRACK_KEEP_JOBS,
    defaultTarget: e.RACETRACK_INFRASTRUCTURE_TARGET ?? null,
    hasDefaultPlugins: e.RACETRACK_DEFAULT_PLUGINS,
    extraPlugins: e.RACETRACK_EXTRA_PLUGINS,
    trustedProxies: e.RACETRACK_TRUSTED_PROXIES,
    logStreamAuth: e.RACETRACK_LOG_STREAM_AUTH,
    allowJobOverwrite: e.RACETRACK_ALLOW_JOB_OVERWRITE,
    authDebug: e.RACETRACK_AUTH_DEBUG,
    maxDeployments: e.RACETRACK_MAX_DEPLOYMENTS,
    buildTimeoutMs: e.RACETRACK_BUILD_TIMEOUT,
    buildCacheBytes: e.RACETRACK_BUILD_CACHE_MAX,
    buildLimits: {
      memoryBytes: e.RACETRACK_BUILD_MEMORY_MAX,
      processes: e.RACETRACK_BUILD_PROCESSES_MAX,
      diskBytes: e.RACETRACK_BUILD_DISK_MAX,
      logBytes: e.RACETRACK_BUILD_LOG_MAX,
      cpuMillicores: null,
    },
    aliveTimeoutMs: e.RACETRACK_ALIVE_TIMEOUT,
    readyTimeoutMs: e.RACETRACK_READY_TIMEOUT,
    drainLimitMs: e.RACETRACK_DRAIN_LIMIT,
    asyncCallLifetimeMs: e.RACETRACK_ASYNC_JOB_CALL_LIFETIME,
    logLevel: e.RACETRACK_LOG_LEVEL,
  };
}

function isNameOrRange(entry: string): boolean {
  const [address = ''] = entry.split('/');
  return isIP(address) === 0 ? /^\w(?:[\w.-]*\w)?$/.test(entry) : isAddressRange(entry);
}
