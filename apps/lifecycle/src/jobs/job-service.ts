import { findGrant, type JobDto } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  type JobRow,
  type Store,
} from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { presentJob } from './present-job.ts';

export interface JobServiceDeps {
  readonly store: Store;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
}

export interface JobService {
  /** Jobs that the subject may read, newest first, then by name. */
  list(subject: AuthenticatedSubject): Promise<JobDto[]>;
  present(job: JobRow): Promise<JobDto>;
  find(name: string, version: string): Promise<JobDto | undefined>;
}

/** Jobs as the API shows them. */
export function createJobService({ store, externalPubUrl }: JobServiceDeps): JobService {
  async function present(job: JobRow): Promise<JobDto> {
    const instances = await createInstanceRepository(store.db).listByDeployment(job.deployment_id);
    return presentJob(job, { externalPubUrl, instanceIds: instances.map((instance) => instance.id) });
  }

  return {
    present,

    async list(subject) {
      const jobs = await createJobRepository(store.db).list();
      const instances = await createInstanceRepository(store.db).list();
      const idsByDeployment = Map.groupBy(instances, (instance) => instance.deployment_id);
      return jobs
        .filter((job) => mayRead(subject, job))
        .map((job) => {
          const own = idsByDeployment.get(job.deployment_id) ?? [];
          return presentJob(job, { externalPubUrl, instanceIds: own.map((instance) => instance.id) });
        });
    },

    async find(name, version) {
      const job = await createJobRepository(store.db).find(name, version);
      return job && (await present(job));
    },
  };
}

function mayRead(subject: AuthenticatedSubject, job: JobRow): boolean {
  return (
    findGrant(subject.permissions, 'read_job', { family: job.name, jobId: job.id, endpoint: null }) !==
    undefined
  );
}
