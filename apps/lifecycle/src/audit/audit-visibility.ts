import type { AuditVisibility } from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';

/** Which plugins there are is no secret. */
const OPEN_EVENTS = ['plugin_installed', 'plugin_uninstalled'];

/**
 * What somebody sees of the audit log: staff everything, others what they did, what was done to them, and what happened
 * to jobs that they may read. In Racetrack 2.36 any token reads the whole log.
 *
 * @returns `undefined` for those who see everything.
 */
export function visibilityOf(subject: AuthenticatedSubject): AuditVisibility | undefined {
  const isUser = subject.kind === 'user';
  if (isUser && subject.isStaff) return undefined;
  // A grant on one endpoint does not open the rest of the job.
  const grants = subject.permissions.filter(
    ({ scope, endpoint }) => endpoint === null && (scope === 'read_job' || scope === 'full_access'),
  );
  const seesEveryJob = grants.some(({ family, jobId }) => family === null && jobId === null);
  return {
    subjectId: subject.subjectId,
    username: isUser ? subject.name : undefined,
    families: seesEveryJob
      ? 'all'
      : grants.flatMap(({ family, jobId }) => (jobId === null && family !== null ? [family] : [])),
    jobIds: grants.flatMap(({ jobId }) => (jobId === null ? [] : [jobId])),
    eventTypes: OPEN_EVENTS,
  };
}
