import { isUnbound, type JobDto } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  createPermissionRepository,
  createPinRepository,
  type JobRow,
  type Store,
} from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { mapInTurns } from './map-in-turns.ts';
import { presentJob } from './present-job.ts';

export interface JobServiceDeps {
  readonly store: Store;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
}

export interface JobService {
  /** Jobs that the subject may read: newest first for who reads all jobs, by name and version for others. */
  list(subject: AuthenticatedSubject): Promise<JobDto[]>;
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

  async function listReadable({ subjectId, permissions }: AuthenticatedSubject): Promise<JobRow[]> {
    const readsAll = permissions.some(
      (grant) => isUnbound(grant) && (grant.scope === 'read_job' || grant.scope === 'full_access'),
    );
    if (readsAll) return await createJobRepository(store.db).list();
    return await createPermissionRepository(store.db).listCoveredJobs(subjectId, 'read_job');
  }

  return {
    present,

    async list(subject) {
      const jobs = await listReadable(subject);
      const instances = await createInstanceRepository(store.db).list();
      const pinsByFamily = Map.groupBy(await createPinRepository(store.db).list(), (pin) => pin.family);
      const idsByDeployment = Map.groupBy(instances, (instance) => instance.deployment_id);
      return await mapInTurns(jobs, (job) => {
        const own = idsByDeployment.get(job.deployment_id) ?? [];
        const pins = pinsByFamily.get(job.name) ?? [];
        return presentJob(job, { externalPubUrl, instanceIds: own.map((instance) => instance.id), pins });
      });
    },

    async find(name, version) {
      const job = await createJobRepository(store.db).find(name, version);
      return job && (await present(job));
    },
  };
}
