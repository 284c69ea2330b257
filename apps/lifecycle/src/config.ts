import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { DEFAULT_PORTS } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';

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
  /** The well-known credentials of the tutorial; loopback only. */
  RACETRACK_TUTORIAL: flag,
  /** Leave job instances running when the platform stops. */
  RACETRACK_KEEP_JOBS: flag,
  /** Target for manifests that name none, when several are installed. */
  RACETRACK_INFRASTRUCTURE_TARGET: z.string().optional(),
  /** Who may follow live logs without a token: `compat` as original clients need, or `strict`. */
  RACETRACK_LOG_STREAM_AUTH: z.enum(['compat', 'strict']).default('compat'),
  /** Deployments driven at once; the others wait. */
  RACETRACK_MAX_DEPLOYMENTS: z.coerce.number().int().min(1).default(4),
  /** Seconds for fetching and building. */
  RACETRACK_BUILD_TIMEOUT: seconds(3_600),
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
      hint: 'docs/reference/environment.md lists every variable with what it takes.',
    });
  }
  const e = parsed.data;
  const dataDir = isAbsolute(e.RACETRACK_DATA_DIR) ? e.RACETRACK_DATA_DIR : resolve(e.RACETRACK_DATA_DIR);
  return {
    dataDir,
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
    tutorial: e.RACETRACK_TUTORIAL,
    keepJobs: e.RACETRACK_KEEP_JOBS,
    defaultTarget: e.RACETRACK_INFRASTRUCTURE_TARGET ?? null,
    logStreamAuth: e.RACETRACK_LOG_STREAM_AUTH,
    maxDeployments: e.RACETRACK_MAX_DEPLOYMENTS,
    buildTimeoutMs: e.RACETRACK_BUILD_TIMEOUT,
    aliveTimeoutMs: e.RACETRACK_ALIVE_TIMEOUT,
    readyTimeoutMs: e.RACETRACK_READY_TIMEOUT,
    drainLimitMs: e.RACETRACK_DRAIN_LIMIT,
    logLevel: e.RACETRACK_LOG_LEVEL,
  };
}
