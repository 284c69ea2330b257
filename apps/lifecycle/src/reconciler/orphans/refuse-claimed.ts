import { createInstanceRepository, createOrphanRepository, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Sees to it that an orphan is one still: somebody else may have been faster. Call it in the transaction that takes it.
 *
 * @throws PlatformError `ALREADY_EXISTS`.
 */
export async function refuseClaimed(db: Queryable, instanceId: string): Promise<void> {
  await refuseOwned(db, instanceId);
  const removals = await createOrphanRepository(db).listRemovals();
  const removal = removals.find((row) => row.instance_id === instanceId);
  if (removal === undefined) return;
  throw new PlatformError(
    'ALREADY_EXISTS',
    `${instanceId} is being removed: ${removal.requested_by} asked for it`,
    { hint: 'To have the job, deploy it again.' },
  );
}

/** @throws PlatformError `ALREADY_EXISTS` for an instance of a job. */
export async function refuseOwned(db: Queryable, instanceId: string): Promise<void> {
  const own = (await createInstanceRepository(db).list()).find(({ id }) => id === instanceId);
  if (own === undefined) return;
  const job = `${own.job_name} ${own.job_version}`;
  throw new PlatformError('ALREADY_EXISTS', `${instanceId} is an instance of the job ${job} by now`, {
    hint: `Somebody else has adopted it. To take it away, delete the job: racetrack delete ${own.job_name} --version ${own.job_version}`,
  });
}
