import type {
  JobRoute,
  Permission,
  SubjectRecord,
  TokenRecord,
} from '@racetrack-platform/contracts/processes';
import { hash } from 'node:crypto';

/** A job route with defaults. */
export function buildJob(change: Partial<JobRoute> = {}): JobRoute {
  const name = change.name ?? 'adder';
  const version = change.version ?? '1.0.0';
  return {
    kind: 'job',
    id: `${name}-${version}`,
    name,
    version,
    status: 'running',
    instances: [],
    publicEndpoints: [],
    ...change,
  };
}

/** A grant of `call_job` on everything, unless narrowed. */
export function buildGrant(change: Partial<Permission> = {}): Permission {
  return { scope: 'call_job', family: null, jobId: null, endpoint: null, ...change };
}

/** A subject who may call everything, unless told otherwise. */
export function buildSubject(id: string, permissions: Permission[] = [buildGrant()]): SubjectRecord {
  return { kind: 'subject', id, caller: `User ${id}`, permissions };
}

/** A token of a subject. */
export function buildToken(token: string, subjectId: string, expiresAt: number | null = null): TokenRecord {
  return { kind: 'token', id: hash('sha256', token), subjectId, expiresAt };
}
