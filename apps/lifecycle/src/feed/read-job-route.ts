import { addressSchema, type JobRoute, type RoutedInstance } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  fromJson,
  type JobRow,
  type Queryable,
} from '@racetrack-platform/db';

/** A job as pub needs it; `undefined` when it is gone. */
export async function readJobRoute(db: Queryable, jobId: string): Promise<JobRoute | undefined> {
  const job = await createJobRepository(db).findById(jobId);
  return job && (await presentRoute(db, job));
}

/** All jobs as pub needs them. */
export async function listJobRoutes(db: Queryable): Promise<JobRoute[]> {
  const routes: JobRoute[] = [];
  for (const job of await createJobRepository(db).list()) routes.push(await presentRoute(db, job));
  return routes;
}

async function presentRoute(db: Queryable, job: JobRow): Promise<JobRoute> {
  const endpoints = await createJobRepository(db).listPublicEndpoints(job.id);
  const rows = await createInstanceRepository(db).listByDeployment(job.deployment_id);
  return {
    kind: 'job',
    id: job.id,
    name: job.name,
    version: job.version,
    status: job.status,
    instances: rows.filter((row) => row.state === 'active').flatMap(presentInstance),
    publicEndpoints: endpoints.filter((row) => row.is_active === 1).map((row) => row.endpoint),
  };
}

function presentInstance(row: { id: string; address: string | null }): RoutedInstance[] {
  if (row.address === null) return [];
  return [{ id: row.id, address: addressSchema.parse(fromJson(row.address)) }];
}
