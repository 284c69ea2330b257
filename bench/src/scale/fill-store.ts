import { randomUUID } from 'node:crypto';
import { connectStore, type StoreOptions } from '@racetrack-platform/db';

/** How much a large installation has (design, section 6). */
export const SCALE = { families: 1_000, versions: 10, services: 100, grantsEach: 1_000 } as const;
const BATCH = 500;
const DAY_MS = 86_400_000;

/** Name of one family; they are numbered from 0. */
export function nameFamily(index: number): string {
  return `family-${index}`;
}

/** Id of one external service, which may read and call some families. */
export function nameService(index: number): string {
  return `service-${index}`;
}

/**
 * Fills a store that a platform has made with a large installation: families with versions that run nowhere, and
 * external services with grants on families and on single jobs.
 */
export async function fillStore(options: StoreOptions): Promise<void> {
  const store = connectStore(options);
  const now = Date.now();
  try {
    const families = Array.from({ length: SCALE.families }, (_, index) => ({
      id: randomUUID(),
      name: nameFamily(index),
    }));
    const jobs = families.flatMap((family) =>
      Array.from({ length: SCALE.versions }, (_, version) => describeJob(family, version, now)),
    );
    const services = Array.from({ length: SCALE.services }, (_, index) => nameService(index));
    const grants = services.flatMap((service, index) =>
      Array.from({ length: SCALE.grantsEach }, (_, grant) => ({
        id: randomUUID(),
        subject_id: `subject-${service}`,
        scope: grant % 2 === 0 ? ('call_job' as const) : ('read_job' as const),
        family_id: grant < 100 ? (families[(index * 7 + grant) % families.length]?.id ?? null) : null,
        job_id: grant < 100 ? null : (jobs[(index * 97 + grant * 11) % jobs.length]?.id ?? null),
        endpoint: null,
        created_at: now,
      })),
    );
    await store.transaction(async (trx) => {
      const { db } = trx;
      for (const rows of batches(families)) await db.insertInto('job_family').values(rows).execute();
      for (const rows of batches(jobs)) await db.insertInto('job').values(rows).execute();
      await db
        .insertInto('esc')
        .values(services.map((id) => ({ id, name: id })))
        .execute();
      const subjects = services.map((id) => ({
        id: `subject-${id}`,
        kind: 'esc' as const,
        esc_id: id,
        user_id: null,
        family_id: null,
      }));
      await db.insertInto('subject').values(subjects).execute();
      for (const rows of batches(grants)) await db.insertInto('permission').values(rows).execute();
    });
  } finally {
    await store.close();
  }
}

function describeJob(family: { readonly id: string; readonly name: string }, version: number, now: number) {
  const text = `1.${version}.0`;
  const manifest = [
    `name: ${family.name}`,
    `version: ${text}`,
    'owner_email: team@example.com',
    'jobtype: python3:latest',
    'git:',
    '  remote: https://git.example.com/team/models',
    `  directory: ${family.name}`,
    'jobtype_extra:',
    '  entrypoint_path: job.py',
    'labels:',
    '  team: forecasts',
  ];
  return {
    id: randomUUID(),
    family_id: family.id,
    name: family.name,
    version: text,
    status: 'lost' as const,
    created_at: now - version * DAY_MS,
    updated_at: now - version * DAY_MS,
    manifest_yaml: `${manifest.join('\n')}\n`,
    deployed_by: 'admin',
    infrastructure_target: 'process',
    job_type_version: 'python3:3.0.0',
    deployment_id: randomUUID(),
    // What the monitor would note: otherwise it changes every job while the figures are taken.
    error: 'no instance of this job is running',
    notice: null,
    last_call_at: now - version * DAY_MS,
  };
}

function* batches<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += BATCH) yield rows.slice(start, start + BATCH);
}
