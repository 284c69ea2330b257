import {
  findGrant,
  findScopeGrant,
  formatGrantCommand,
  formatSubjectRef,
  type Scope,
} from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { isVersionAlias } from '@racetrack-platform/manifest';
import type { AuthenticatedSubject } from './authenticated-subject.ts';

/** A job that somebody wants to act on. */
export interface JobResource {
  /** Name of the job, which is that of its family. */
  readonly family: string;
  /** `null` for a version that does not exist: then only grants that name no job count. */
  readonly jobId: string | null;
  /** As it was asked for, for the message; `null` when none was. */
  readonly version: string | null;
  /** Below the job, normalised; left out for an operation on the job itself. */
  readonly endpoint?: string | undefined;
}

/**
 * For operations on no job in particular, such as listing: any grant with the scope will do.
 *
 * @throws PlatformError `PERMISSION_DENIED`.
 */
export function requireScope(subject: AuthenticatedSubject, scope: Scope): void {
  if (findScopeGrant(subject.permissions, scope)) return;
  throw deny(
    `permission scope "${scope}" is required to do this operation: ` +
      `auth subject "${subject.caller}" does not have permission with scope "${scope}"`,
    sayWhatToGrant(subject, scope),
  );
}

/**
 * @throws PlatformError `PERMISSION_DENIED` when no grant covers the scope on this job.
 */
export function requireJobScope(subject: AuthenticatedSubject, scope: Scope, job: JobResource): void {
  const { family, jobId, endpoint } = job;
  if (findGrant(subject.permissions, scope, { family, jobId, endpoint: endpoint ?? null })) return;
  const name = `resource "${family} v${job.version ?? ''}"`;
  const resource = endpoint === undefined ? name : `endpoint ${endpoint} at ${name}`;
  throw deny(
    `no permission to do this operation: auth subject "${subject.caller}" ` +
      `does not have permission to access ${resource} with scope "${scope}"`,
    sayWhatToGrant(subject, scope, job),
  );
}

/**
 * For what only administrators do: staff, and whoever holds `call_admin_api` on everything.
 *
 * @throws PlatformError `PERMISSION_DENIED`.
 */
export function requireAdministrator(subject: AuthenticatedSubject): void {
  if (!isAdministrator(subject)) requireScope(subject, 'call_admin_api');
}

/** Whether {@link requireAdministrator} lets it pass. */
export function isAdministrator(subject: AuthenticatedSubject): boolean {
  return subject.isStaff || findScopeGrant(subject.permissions, 'call_admin_api') !== undefined;
}

/**
 * Whether it may make others administrators, by the scopes of `ADMINISTRATOR_SCOPES`: staff, and whoever holds full
 * access to everything. Else whoever may call the admin API could promote itself.
 */
export function mayMakeAdministrators(subject: AuthenticatedSubject): boolean {
  return subject.isStaff || findScopeGrant(subject.permissions, 'full_access') !== undefined;
}

/** @throws PlatformError `PERMISSION_DENIED` for external services and jobs. */
export function requireUser(subject: AuthenticatedSubject): void {
  if (subject.kind === 'user') return;
  throw deny(
    'wrong subject type to do this operation: ' +
      `auth subject type "${subject.kind}" is not one of required types: ['user']`,
    'Log in as a user.',
  );
}

/** @throws PlatformError `PERMISSION_DENIED` for everybody but users who are staff. */
export function requireStaff(subject: AuthenticatedSubject): void {
  requireUser(subject);
  if (subject.isStaff) return;
  throw deny(
    `User ${subject.name} is not a staff member`,
    `Ask an administrator to make ${subject.name} a staff member.`,
  );
}

/**
 * The hint depends on what was asked for, and not on what exists: who may not see a job does not learn of it. A version
 * to come can be covered by its family alone.
 */
function sayWhatToGrant(subject: AuthenticatedSubject, scope: Scope, job?: JobResource): string {
  const { family, version = null, endpoint } = job ?? {};
  const isExact = version !== null && !isVersionAlias(version);
  const exact =
    isExact && scope !== 'deploy_job' && family !== undefined ? { name: family, version } : undefined;
  const command = formatGrantCommand(formatSubjectRef(subject), scope, { family, job: exact, endpoint });
  return `Ask an administrator for the permission: ${command}`;
}

function deny(message: string, hint: string): PlatformError {
  return new PlatformError('PERMISSION_DENIED', message, { hint });
}
