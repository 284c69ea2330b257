import {
  createJobRepository,
  createPinRepository,
  type AliasCandidate,
  type JobRow,
  type Queryable,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { isVersionAlias, resolveRouted, type VersionResolution } from '@racetrack-platform/manifest';

/** What to say of a job that is not there. */
export interface MissingJob {
  readonly missing: PlatformError;
  /** Those of its name that are deployed, in any order. */
  readonly versions: readonly string[];
}

/**
 * Finds a job by name and version, where the version may be an alias (`latest`, `1.x`); aliases lead to the version
 * that pub would call.
 *
 * @returns the job, or what to say when there is none: that is for the caller to reveal after it has authorised.
 */
export async function resolveJob(
  db: Queryable,
  name: string,
  version: string,
): Promise<{ job: JobRow } | MissingJob> {
  const exact = await createJobRepository(db).find(name, version);
  if (exact !== undefined) return { job: exact };
  const candidates = await createPinRepository(db).listCandidates(name);
  const resolution = await resolveAmong(candidates, db, name, version);
  if (resolution.kind === 'missing') {
    const hint = 'See what is deployed with `racetrack list`.';
    const versions = candidates.map((candidate) => candidate.version);
    return { missing: new PlatformError('JOB_NOT_FOUND', resolution.message, { hint }), versions };
  }
  return { job: await createJobRepository(db).get(name, resolution.version) };
}

async function resolveAmong(
  candidates: readonly AliasCandidate[],
  db: Queryable,
  name: string,
  requested: string,
): Promise<VersionResolution> {
  if (candidates.length === 0) return { kind: 'missing', reason: 'exact', message: `No job named ${name}` };
  const pin = isVersionAlias(requested) ? await createPinRepository(db).find(name, requested) : undefined;
  const states = candidates.map(({ version, status, routedInstances }) => ({
    version,
    isRouted: routedInstances > 0,
    isStarting: status === 'starting',
  }));
  return resolveRouted(requested, states, pin?.version);
}
