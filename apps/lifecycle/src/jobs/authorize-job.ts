import type { Scope } from '@racetrack-platform/contracts';
import { createJobRepository, jobNotFound, type JobRow, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { isVersionPattern } from '@racetrack-platform/manifest';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireJobScope } from '../auth/require-permission.ts';
import { resolveJob, type MissingJob } from './resolve-job.ts';

/** Versions that a refusal names. */
const SHOWN_VERSIONS = 5;

/**
 * Finds a job, by an exact version or an alias, and checks that the subject may act on it. Who may not learns
 * nothing about what exists; a 404 is only for those who could see the job.
 *
 * @throws PlatformError `PERMISSION_DENIED` or `JOB_NOT_FOUND`.
 */
export async function getAuthorizedJob(
  db: Queryable,
  subject: AuthenticatedSubject,
  scope: Scope,
  wanted: { readonly name: string; readonly version: string; readonly aliases: boolean },
): Promise<JobRow> {
  const found = wanted.aliases
    ? await resolveJob(db, wanted.name, wanted.version)
    : await findExact(db, wanted.name, wanted.version);
  const job = 'job' in found ? found.job : undefined;
  requireJobScope(subject, scope, {
    family: wanted.name,
    // As it was asked for: what an alias stands for is not for strangers.
    version: wanted.version,
    jobId: job?.id ?? null,
  });
  if ('missing' in found) throw nameVersions(found, wanted.name);
  return found.job;
}

/** For those alone who may see every version: the scope was just found to hold for any of them. */
function nameVersions({ missing, versions }: MissingJob, name: string): PlatformError {
  if (versions.length === 0) return missing;
  const newestFirst = versions.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const rest = newestFirst.length > SHOWN_VERSIONS ? ', …' : '';
  const hint = `${name} is deployed as ${newestFirst.slice(0, SHOWN_VERSIONS).join(', ')}${rest}; see \`racetrack list\`.`;
  return new PlatformError(missing.code, missing.message, { hint, cause: missing });
}

async function findExact(
  db: Queryable,
  name: string,
  version: string,
): Promise<{ job: JobRow } | MissingJob> {
  const job = await createJobRepository(db).find(name, version);
  if (job) return { job };
  const versions: readonly string[] = [];
  if (version !== 'latest' && !isVersionPattern(version))
    return { missing: jobNotFound(name, version), versions };
  const hint = 'Name an exact version, such as 1.2.3: an alias would hit another job tomorrow.';
  return {
    missing: new PlatformError('JOB_NOT_FOUND', `${version} is an alias, not a version`, { hint }),
    versions,
  };
}
