import type { JobStatus } from '@racetrack-platform/contracts';
import type { Queryable } from '../store.ts';

/** What an alias of a family was made to stand for. */
export interface VersionPin {
  readonly familyId: string;
  /** Name of the family. */
  readonly family: string;
  /** `latest`, or a wildcard such as `1.x`. */
  readonly pattern: string;
  readonly jobId: string;
  readonly version: string;
  /** What it was pinned to before; `null`: it was not pinned. */
  readonly previousJobId: string | null;
  /** `null` also when that job is gone. */
  readonly previousVersion: string | null;
  readonly pinnedBy: string | null;
  /** Milliseconds since the epoch. */
  readonly pinnedAt: number;
}

export type NewVersionPin = Omit<VersionPin, 'family' | 'version' | 'previousVersion'>;

/** A version that an alias may stand for. */
export interface AliasCandidate {
  readonly jobId: string;
  readonly version: string;
  readonly status: JobStatus;
  /** How many instances calls may go to. */
  readonly routedInstances: number;
}

export interface PinRepository {
  /** Of all families, by name of the family, then by pattern. */
  list(): Promise<VersionPin[]>;
  listOfFamily(family: string): Promise<VersionPin[]>;
  /** All aliases that stand for this job. */
  listOfJob(jobId: string): Promise<VersionPin[]>;
  find(family: string, pattern: string): Promise<VersionPin | undefined>;
  /** Replaces the pin of the same alias. Inside a transaction that marks the feed record as changed. */
  put(pin: NewVersionPin): Promise<void>;
  remove(familyId: string, pattern: string): Promise<void>;
  /** All versions of a family with what decides about aliases. */
  listCandidates(family: string): Promise<AliasCandidate[]>;
}

/** All SQL on the table `version_pin`. */
export function createPinRepository(db: Queryable): PinRepository {
  const pins = db
    .selectFrom('version_pin as pin')
    .innerJoin('job', 'job.id', 'pin.job_id')
    .leftJoin('job as previous', 'previous.id', 'pin.previous_job_id')
    .select([
      'pin.family_id as familyId',
      'job.name as family',
      'pin.pattern',
      'pin.job_id as jobId',
      'job.version',
      'pin.previous_job_id as previousJobId',
      'previous.version as previousVersion',
      'pin.pinned_by as pinnedBy',
      'pin.pinned_at as pinnedAt',
    ])
    .orderBy('job.name')
    .orderBy('pin.pattern');

  return {
    async list() {
      return await pins.execute();
    },

    async listOfFamily(family) {
      return await pins.where('job.name', '=', family).execute();
    },

    async listOfJob(jobId) {
      return await pins.where('pin.job_id', '=', jobId).execute();
    },

    async find(family, pattern) {
      return await pins.where('job.name', '=', family).where('pin.pattern', '=', pattern).executeTakeFirst();
    },

    async put({ familyId, pattern, jobId, previousJobId, pinnedBy, pinnedAt }) {
      const chosen = {
        job_id: jobId,
        previous_job_id: previousJobId,
        pinned_by: pinnedBy,
        pinned_at: pinnedAt,
      };
      await db
        .insertInto('version_pin')
        .values({ family_id: familyId, pattern, ...chosen })
        .onConflict((conflict) => conflict.columns(['family_id', 'pattern']).doUpdateSet(chosen))
        .execute();
    },

    async remove(familyId, pattern) {
      await db
        .deleteFrom('version_pin')
        .where('family_id', '=', familyId)
        .where('pattern', '=', pattern)
        .execute();
    },

    async listCandidates(family) {
      return await db
        .selectFrom('job')
        .leftJoin('instance', (join) =>
          join
            .onRef('instance.deployment_id', '=', 'job.deployment_id')
            .on('instance.state', '=', 'active')
            .on('instance.address', 'is not', null),
        )
        .where('job.name', '=', family)
        .groupBy(['job.id', 'job.version', 'job.status'])
        .select((eb) => [
          'job.id as jobId',
          'job.version',
          'job.status',
          eb.fn.count<number>('instance.id').as('routedInstances'),
        ])
        .execute();
    },
  };
}
