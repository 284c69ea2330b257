import {
  CALLER_HEADER,
  createProxyTrust,
  DEFAULT_PORTS,
  isAddressRange,
  TRACING_HEADER,
  type ProxyTrust,
} from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { join } from 'node:path';
import { z } from 'zod';

/** Grammar of a header's name (RFC 9110, 5.1: token). */
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~\dA-Za-z-]+$/);
const milliseconds = z.coerce.number().int().min(0).max(2_147_483_647);

const environmentSchema = z.object({
  /** Where the last known routing tables are kept. */
  RACETRACK_DATA_DIR: z.string().min(1).default('.racetrack'),
  /** Address to listen on. */
  RACETRACK_HOST: z.string().min(1).default('127.0.0.1'),
  /** Port to listen on; 0 is any free one. */
  RACETRACK_PUB_PORT: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_PORTS.pub),
  /** Port of the sign-in page beside this pub, for hints; 0 or absent: not known. */
  RACETRACK_DASHBOARD_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Path of lifecycle's change feed, a Unix socket; `DATA_DIR/run/feed.sock` when absent. */
  RACETRACK_FEED: z.string().min(1).optional(),
  /** Least severe level that is logged. */
  RACETRACK_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** How long a job may take to accept a connection. */
  RACETRACK_CONNECT_TIMEOUT_MS: milliseconds.min(1).default(5_000),
  /** How long a job may take until its response headers; 0 is for ever, as in Racetrack 2.36. */
  RACETRACK_RESPONSE_TIMEOUT_MS: milliseconds.default(0),
  /** How long a body that a job waits for may send nothing; 0 is for ever, as in Racetrack 2.36. */
  RACETRACK_BODY_PAUSE_MS: milliseconds.default(120_000),
  /** How long calls in flight may take to finish after a shutdown was asked for. */
  RACETRACK_SHUTDOWN_TIMEOUT_MS: milliseconds.default(30_000),
  /** How old the knowledge of a disconnected pub may become before it refuses calls; 0 is without limit. */
  RACETRACK_MAX_FEED_AGE_MS: milliseconds.default(0),
  /** Proxies whose `X-Forwarded-For` is believed. */
  RACETRACK_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
    .refine(
      (entries) => entries.every(isAddressRange),
      'must be addresses and ranges such as 10.0.0.0/8,::1',
    ),
  /** Name of the header with the id of a call; the variable is the one of Racetrack 2.36. */
  REQUEST_TRACING_HEADER: headerName.default(TRACING_HEADER),
  /** Name of the header telling a job who called; the variable is the one of Racetrack 2.36. */
  CALLER_NAME_HEADER: headerName.default(CALLER_HEADER),
});

/** What pub reads from its environment. */
export interface PubConfig {
  readonly host: string;
  readonly port: number;
  /** Port of the sign-in page on the same host; undefined: not known. */
  readonly signInPort: number | undefined;
  readonly feedPath: string;
  readonly snapshotPath: string;
  readonly logLevel: string;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly bodyPauseMs: number;
  readonly shutdownTimeoutMs: number;
  readonly maxFeedAgeMs: number;
  readonly trustsProxy: ProxyTrust;
  readonly tracingHeader: string;
  readonly callerHeader: string;
}

/**
 * Reads the configuration.
 *
 * @param environment - `process.env`; an empty variable counts as absent.
 * @throws {@link PlatformError} `CONFIG_INVALID`, listing every problem at once.
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): PubConfig {
  const filled = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = environmentSchema.safeParse(filled);
  if (!result.success) {
    throw new PlatformError('CONFIG_INVALID', `pub's environment: ${z.prettifyError(result.error)}`, {
      hint: 'Correct or remove the named variables.',
    });
  }
  const values = result.data;
  return {
    host: values.RACETRACK_HOST,
    port: values.RACETRACK_PUB_PORT,
    signInPort: values.RACETRACK_DASHBOARD_PORT === 0 ? undefined : values.RACETRACK_DASHBOARD_PORT,
    feedPath: values.RACETRACK_FEED ?? join(values.RACETRACK_DATA_DIR, 'run', 'feed.sock'),
    snapshotPath: join(values.RACETRACK_DATA_DIR, 'pub', 'snapshot.jsonl'),
    logLevel: values.RACETRACK_LOG_LEVEL,
    connectTimeoutMs: values.RACETRACK_CONNECT_TIMEOUT_MS,
    responseTimeoutMs: values.RACETRACK_RESPONSE_TIMEOUT_MS,
    bodyPauseMs: values.RACETRACK_BODY_PAUSE_MS,
    shutdownTimeoutMs: values.RACETRACK_SHUTDOWN_TIMEOUT_MS,
    maxFeedAgeMs: values.RACETRACK_MAX_FEED_AGE_MS,
    trustsProxy: createProxyTrust(values.RACETRACK_TRUSTED_PROXIES),
    tracingHeader: values.REQUEST_TRACING_HEADER,
    callerHeader: values.CALLER_NAME_HEADER,
  };
}
