/** What the platform tells a job through its variables (docs/reference/wrapper-contract.md). */
export interface Settings {
  readonly jobName: string;
  readonly jobVersion: string;
  /** Whole seconds; tells a new instance from the one that it replaces. */
  readonly deploymentTimestamp: number | string | null;
  readonly gitVersion: string | null;
  readonly deployedBy: string | null;
  readonly jobTypeVersion: string | null;
  /** Where other jobs are called. */
  readonly pubUrl: string;
  readonly authToken: string;
  /** Name as it goes out, such as `X-Request-Tracing-Id`. */
  readonly tracingHeader: string;
  readonly callerHeader: string;
  readonly isLogStructured: boolean;
  readonly logsCaller: boolean;
  readonly logLevel: LogLevel;
  /** Milliseconds that calls in progress may go on after SIGTERM. */
  readonly graceMs: number;
  readonly maxBodyBytes: number;
}

/** From the least to the most important. */
export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const TRUE_WORDS: ReadonlySet<string> = new Set(['true', 't', 'yes', 'y', '1']);
const DEFAULT_GRACE_SECONDS = 30;
const DEFAULT_MAX_BODY_BYTES = 128 * 1024 * 1024;

/** Reads the variables; what is missing or makes no sense gets its default. */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  return {
    jobName: env['JOB_NAME'] || 'JOB_NAME',
    jobVersion: env['JOB_VERSION'] || 'JOB_VERSION',
    deploymentTimestamp: readTimestamp(env['JOB_DEPLOYMENT_TIMESTAMP']),
    gitVersion: env['GIT_VERSION'] ?? null,
    deployedBy: env['DEPLOYED_BY_RACETRACK_VERSION'] ?? null,
    jobTypeVersion: env['JOB_TYPE_VERSION'] ?? null,
    pubUrl: (env['PUB_URL'] ?? '').replace(/\/+$/, ''),
    authToken: env['AUTH_TOKEN'] ?? '',
    tracingHeader: env['REQUEST_TRACING_HEADER']?.trim() || 'X-Request-Tracing-Id',
    callerHeader: env['CALLER_NAME_HEADER']?.trim() || 'X-Caller-Name',
    isLogStructured: isTrue(env['LOG_STRUCTURED']),
    logsCaller: isTrue(env['LOG_CALLER_NAME']),
    logLevel: readLevel(env['LOG_LEVEL']),
    graceMs: 1000 * readNumber(env['JOB_SHUTDOWN_GRACE_SECONDS'], DEFAULT_GRACE_SECONDS),
    maxBodyBytes: readNumber(env['JOB_MAX_BODY_BYTES'], DEFAULT_MAX_BODY_BYTES),
  };
}

function readTimestamp(text: string | undefined): number | string | null {
  if (text === undefined || text === '') return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function isTrue(text: string | undefined): boolean {
  return TRUE_WORDS.has((text ?? '').trim().toLowerCase());
}

function readLevel(text: string | undefined): LogLevel {
  const wanted = (text ?? '').trim().toUpperCase();
  return LOG_LEVELS.find((level) => level === wanted) ?? 'INFO';
}

function readNumber(text: string | undefined, otherwise: number): number {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}
