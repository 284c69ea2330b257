import { findGrant, isPublicEndpoint, type Scope } from '@racetrack-platform/contracts';
import { createJobRepository, type JobRow, type Queryable } from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireJobScope } from '../auth/require-permission.ts';
import { resolveJob } from '../jobs/resolve-job.ts';

/** What somebody wants to reach. */
export interface WantedJob {
  readonly name: string;
  /** Exact, or an alias. */
  readonly version: string;
}

/** A call that may be made. */
export interface CallPermit {
  readonly job: JobRow;
  /** `undefined` where no token is needed. */
  readonly caller: AuthenticatedSubject | undefined;
}

/**
 * Decides whether a job may be called, by the rules that pub decides by.
 *
 * @param endpoint - as `readEndpoint` spells it.
 * @param identify - who asks; not called where no token is needed.
 * @throws PlatformError `NOT_AUTHENTICATED`, `PERMISSION_DENIED`, or `JOB_NOT_FOUND` for those alone who could see the
 *   family: to everybody else a job that does not exist looks like one that they may not call.
 */
export async function permitCall(
  db: Queryable,
  wanted: WantedJob,
  endpoint: string,
  identify: () => Promise<AuthenticatedSubject>,
): Promise<CallPermit> {
  const found = await resolveJob(db, wanted.name, wanted.version);
  if ('job' in found && isPublicEndpoint(endpoint, await listOpenEndpoints(db, found.job.id))) {
    return { job: found.job, caller: undefined };
  }
  const caller = await identify();
  if ('missing' in found && mayKnowFamily(caller, wanted.name)) throw found.missing;
  requireScopeOn(caller, 'call_job', wanted, 'job' in found ? found.job : undefined, endpoint);
  if ('missing' in found) throw found.missing;
  return { job: found.job, caller };
}

/** The approved public endpoints of a job. */
export async function listOpenEndpoints(db: Queryable, jobId: string): Promise<string[]> {
  const endpoints = await createJobRepository(db).listPublicEndpoints(jobId);
  return endpoints.filter((row) => row.is_active === 1).map((row) => row.endpoint);
}

/** Checks a scope on a job that may not exist; the texts hold what was asked for, not what it stands for. */
export function requireScopeOn(
  subject: AuthenticatedSubject,
  scope: Scope,
  { name, version }: WantedJob,
  job: JobRow | undefined,
  endpoint?: string,
): void {
  requireJobScope(subject, scope, { family: name, version, jobId: job?.id ?? null, endpoint });
}

/** Whether somebody may read or call a whole family, and so may know which versions there are. */
export function mayKnowFamily(subject: Pick<AuthenticatedSubject, 'permissions'>, family: string): boolean {
  return KNOWING_SCOPES.some(
    (scope) => findGrant(subject.permissions, scope, { family, jobId: null, endpoint: null }) !== undefined,
  );
}

const KNOWING_SCOPES = ['read_job', 'call_job'] as const;
