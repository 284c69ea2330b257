import type { JobDto } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  createPermissionRepository,
  createPinRepository,
  type JobRow,
  type Store,
} from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { JobListing, type ListedJob } from './job-listing.ts';
import { presentJob } from './present-job.ts';
import { readsAllJobs } from './reads-all-jobs.ts';
import { BRISK, EASY } from './turns.ts';

export interface JobServiceDeps {
  readonly store: Store;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
}

export interface JobService {
  /** Jobs that the subject may read: newest first for who reads all jobs, by name and version for others. */
  list(subject: AuthenticatedSubject): Promise<readonly ListedJob[]>;
  /** Writes all jobs for the lists to come, so that the first does not wait for that. Never fails. */
  warm(): Promise<void>;
  present(job: JobRow): Promise<JobDto>;
  find(name: string, version: string): Promise<JobDto | undefined>;
}

/** Jobs as the API shows them. */
export function createJobService({ store, externalPubUrl }: JobServiceDeps): JobService {
  async function present(job: JobRow): Promise<JobDto> {
    const instances = await createInstanceRepository(store.db).listByDeployment(job.deployment_id);
    const pins = await createPinRepository(store.db).listOfFamily(job.name);
    return presentJob(job, { externalPubUrl, instanceIds: instances.map((instance) => instance.id), pins });
  }

  const listing = new JobListing({ db: store.db, externalPubUrl });

  return {
    present,

    async list({ subjectId, permissions }) {
      if (readsAllJobs(permissions)) return await listing.presentAll(BRISK);
      const covered = createPermissionRepository(store.db).listCoveredJobs(subjectId, 'read_job');
      return await listing.present(await covered, BRISK);
    },

    async warm() {
      // The store may be away: then the first list does it.
      await listing.presentAll(EASY).catch(() => undefined);
    },

    async find(name, version) {
      const job = await createJobRepository(store.db).find(name, version);
      return job && (await present(job));
    },
  };
}
