import { isUnbound, type Permission } from '@racetrack-platform/contracts';

/** Whether these grants let somebody read every job there is. */
export function readsAllJobs(permissions: readonly Permission[]): boolean {
  return permissions.some(
    (grant) => isUnbound(grant) && (grant.scope === 'read_job' || grant.scope === 'full_access'),
  );
}
