import { addressSchema, type JobRoute, type RoutedInstance } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  fromJson,
  type InstanceRow,
  type JobRow,
  type Queryable,
} from '@racetrack-platform/db';

/** A job as pub needs it; `undefined` when it is gone. */
export async function readJobRoute(db: Queryable, jobId: string): Promise<JobRoute | undefined> {
  const job = await createJobRepository(db).findById(jobId);
  if (job === undefined) return undefined;
  const endpoints = await createJobRepository(db).listPublicEndpoints(job.id);
  const instances = await createInstanceRepository(db).listByDeployment(job.deployment_id);
  return presentRoute(
    job,
    instances,
    endpoints.filter((row) => row.is_active === 1),
  );
}

/** All jobs as pub needs them. Read at once: it happens in a transaction, for which all others wait. */
export async function listJobRoutes(db: Queryable): Promise<JobRoute[]> {
  const jobs = await createJobRepository(db).listWatched();
  const instances = await createInstanceRepository(db).list();
  const endpoints = await createJobRepository(db).listOpenEndpoints();
  const instancesOf = Map.groupBy(instances, (instance) => instance.deployment_id);
  const endpointsOf = Map.groupBy(endpoints, ({ jobId }) => jobId);
  return jobs.map((job) =>
    presentRoute(job, instancesOf.get(job.deployment_id) ?? [], endpointsOf.get(job.id) ?? []),
  );
}

function presentRoute(
  { id, name, version, status }: Pick<JobRow, 'id' | 'name' | 'version' | 'status'>,
  instances: readonly InstanceRow[],
  openEndpoints: readonly { readonly endpoint: string }[],
): JobRoute {
  return {
    kind: 'job',
    id,
    name,
    version,
    status,
    instances: instances.filter((row) => row.state === 'active').flatMap(presentInstance),
    publicEndpoints: openEndpoints.map(({ endpoint }) => endpoint),
  };
}

function presentInstance(row: { id: string; address: string | null }): RoutedInstance[] {
  if (row.address === null) return [];
  return [{ id: row.id, address: addressSchema.parse(fromJson(row.address)) }];
}
