import { createJobRepository, type JobRow, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { resolveVersion } from '@racetrack-platform/manifest';

/**
 * Finds a job by name and version, where the version may be an alias (`latest`, `1.x`).
 *
 * @returns the job, or what to say when there is none: that is for the caller to reveal after it has authorised.
 */
export async function resolveJob(
  db: Queryable,
  name: string,
  version: string,
): Promise<{ job: JobRow } | { missing: PlatformError }> {
  const jobs = createJobRepository(db);
  const versions = await jobs.listVersions(name);
  const hint = 'See what is deployed with `racetrack list`.';
  if (versions.length === 0)
    return { missing: new PlatformError('JOB_NOT_FOUND', `No job named ${name}`, { hint }) };
  const resolution = resolveVersion(version, versions);
  if (resolution.kind === 'missing') {
    return { missing: new PlatformError('JOB_NOT_FOUND', resolution.message, { hint }) };
  }
  return { job: await jobs.get(name, resolution.version) };
}
