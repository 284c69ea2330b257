import { normalizeEndpoint, PLATFORM_SCOPES, type PermissionPayload } from '@racetrack-platform/contracts';
import {
  createJobRepository,
  createSubjectRepository,
  type NewPermission,
  type Queryable,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { findSubject } from './find-subject.ts';

/**
 * Finds what a request for a grant names.
 *
 * @throws PlatformError `BAD_REQUEST` for a grant that could never match, `NOT_FOUND` or `JOB_NOT_FOUND`.
 */
export async function readGrantRequest(db: Queryable, payload: PermissionPayload): Promise<NewPermission> {
  refuseIdleGrant(payload);
  const { scope, family, job, endpoint } = payload;
  const { id: subjectId } = await findSubject(db, payload.subject);
  const rest = { subjectId, scope, endpoint: endpoint ? normalizeEndpoint(endpoint) : null };
  if (job) return { ...rest, jobId: (await createJobRepository(db).get(job.name, job.version)).id };
  return family ? { ...rest, familyId: await findFamilyId(db, family) } : rest;
}

/** @throws PlatformError `NOT_FOUND` in the words of Racetrack 2.36. */
export async function findFamilyId(db: Queryable, name: string): Promise<string> {
  const id = await createSubjectRepository(db).findFamilyId(name);
  if (id !== undefined) return id;
  throw new PlatformError('NOT_FOUND', 'JobFamily record not found for given name', {
    hint: `There is no job family ${name}: one begins with its first deployment. \`racetrack list\` shows the jobs that exist.`,
  });
}

/** @throws PlatformError `BAD_REQUEST` for a grant that could never match anything. */
export function refuseIdleGrant({ scope, family, job, endpoint }: Omit<PermissionPayload, 'subject'>): void {
  if (job && family && job.name !== family) {
    refuse(`the job ${job.name} is not of the family ${family}`, 'Name the job, or the family.');
  }
  if (endpoint && scope !== 'call_job') {
    refuse(`an endpoint narrows call_job, not ${scope}`, 'Leave the endpoint out, or grant call_job.');
  }
  const isNarrowed = Boolean(family) || Boolean(job);
  if (isNarrowed && PLATFORM_SCOPES.has(scope) && scope !== 'full_access') {
    refuse(`${scope} concerns the whole platform, not a job`, 'Leave job and family out.');
  }
}

function refuse(message: string, hint: string): never {
  throw new PlatformError('BAD_REQUEST', message, { hint });
}
