import { formatSubjectRef, type PermissionDto } from '@racetrack-platform/contracts';
import type { GrantRecord } from '@racetrack-platform/db';

/** A grant for the wire. */
export function presentGrant(grant: GrantRecord): PermissionDto {
  return {
    id: grant.id,
    number: grant.number,
    subject: formatSubjectRef(grant.subject),
    subject_name: grant.subjectName,
    scope: grant.scope,
    family: grant.family,
    job: grant.job,
    endpoint: grant.endpoint,
    create_time: Math.floor(grant.createdAt / 1_000),
  };
}

/** Where a grant holds, in words: `everything`, `job family adder`, `adder v1.0.0`, with the endpoint if there is one. */
export function sayWhere(grant: Pick<GrantRecord, 'family' | 'job' | 'endpoint'>): string {
  const { family, job, endpoint } = grant;
  const ofFamily = family === null ? 'everything' : `job family ${family}`;
  const place = job === null ? ofFamily : `${job.name} v${job.version}`;
  return endpoint === null ? place : `endpoint ${endpoint} of ${place}`;
}
