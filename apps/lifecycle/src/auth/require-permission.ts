import { findGrant, findScopeGrant, type Scope } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { AuthenticatedSubject } from './authenticated-subject.ts';

/** A job that somebody wants to act on. */
export interface JobResource {
  /** Name of the job, which is that of its family. */
  readonly family: string;
  /** `null` for a version that does not exist: then only grants that name no job count. */
  readonly jobId: string | null;
  /** For the message; `null` when there is no such version. */
  readonly version: string | null;
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
    `Ask an administrator to grant the scope ${scope} to ${subject.caller}.`,
  );
}

/**
 * @throws PlatformError `PERMISSION_DENIED` when no grant covers the scope on this job.
 */
export function requireJobScope(subject: AuthenticatedSubject, scope: Scope, job: JobResource): void {
  if (findGrant(subject.permissions, scope, { family: job.family, jobId: job.jobId, endpoint: null })) return;
  const resource = `${job.family} v${job.version ?? ''}`;
  const on =
    job.jobId === null ? `the job family ${job.family}` : `${resource} or on the job family ${job.family}`;
  throw deny(
    `no permission to do this operation: auth subject "${subject.caller}" ` +
      `does not have permission to access resource "${resource}" with scope "${scope}"`,
    `Ask an administrator to grant ${subject.caller} the scope ${scope} on ${on}.`,
  );
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

function deny(message: string, hint: string): PlatformError {
  return new PlatformError('PERMISSION_DENIED', message, { hint });
}
