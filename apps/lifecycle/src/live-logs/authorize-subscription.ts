import type { IncomingHttpHeaders } from 'node:http';
import { PlatformError } from '@racetrack-platform/errors';
import { findTokenHeader, type Authenticator } from '../auth/authenticate.ts';
import { requireJobScope } from '../auth/require-permission.ts';
import type { RecentReads } from './recent-reads.ts';

/** One version of a job, found by name and version or alias. */
export interface ResolvedJob {
  readonly jobId: string;
  readonly version: string;
}

export interface AuthorizeSubscriptionDeps {
  readonly authenticator: Authenticator;
  readonly recentReads: RecentReads;
  /** `compat` admits subscribers without a token as {@link RecentReads} allows; `strict` never does. */
  readonly mode: 'compat' | 'strict';
  /** Throws `JOB_NOT_FOUND`. */
  readonly resolveJob: (name: string, version: string) => Promise<ResolvedJob>;
}

/** Whoever wants to follow logs, as the connection shows them. */
export interface Subscriber {
  readonly headers: IncomingHttpHeaders;
  /** The `auth` object of the connection. */
  readonly auth: Readonly<Record<string, unknown>>;
  readonly address: string;
}

/**
 * Finds the job and checks that the subscriber may read it.
 *
 * @throws PlatformError `NOT_AUTHENTICATED`, `PERMISSION_DENIED` or `JOB_NOT_FOUND`; without a token never the last,
 *   for strangers are not told which jobs exist.
 */
export async function authorizeSubscription(
  deps: AuthorizeSubscriptionDeps,
  subscriber: Subscriber,
  job: { name: string; version: string },
): Promise<ResolvedJob> {
  const token = findToken(subscriber);
  if (token === undefined) return await admitWithoutToken(deps, subscriber, job);
  const subject = await deps.authenticator.authenticateToken(token);
  const resolved = await deps.resolveJob(job.name, job.version);
  requireJobScope(subject, 'read_job', { family: job.name, ...resolved });
  return resolved;
}

/** Whether the subscriber sent a token, so that it can be checked again. */
export function findToken({ headers, auth }: Subscriber): string | undefined {
  const inAuth = auth['token'];
  if (typeof inAuth === 'string' && inAuth !== '') return inAuth;
  return findTokenHeader(headers);
}

async function admitWithoutToken(
  deps: AuthorizeSubscriptionDeps,
  { address }: Subscriber,
  { name, version }: { name: string; version: string },
): Promise<ResolvedJob> {
  if (deps.mode === 'compat') {
    const resolved = await deps.resolveJob(name, version).catch(ignoreMissing);
    if (resolved && deps.recentReads.has(address, name, resolved.version)) return resolved;
  }
  throw new PlatformError('NOT_AUTHENTICATED', 'following logs needs a token', {
    hint:
      deps.mode === 'compat'
        ? 'Send the token as `auth.token`, or read the job with it from the same address right before.'
        : 'Send the token as `auth.token`; this server admits nobody without (log_stream_auth: strict).',
  });
}

function ignoreMissing(error: unknown): undefined {
  if (PlatformError.is(error)) return undefined;
  throw error;
}
