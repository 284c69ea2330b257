import { createJobRepository, type DeploymentRow, type StoreTransaction } from '@racetrack-platform/db';
import type { PlatformError } from '@racetrack-platform/errors';

/**
 * A restored job is brought back by the very deployment that it has. When that fails, its notice says so, instead of
 * what was going to happen; after any other failure what ran before runs on, and its notice stands.
 */
export async function noteFailedReturn(
  trx: StoreTransaction,
  row: DeploymentRow,
  { code, message }: Pick<PlatformError, 'code' | 'message'>,
): Promise<void> {
  const jobs = createJobRepository(trx.db);
  const job = await jobs.find(row.job_name, row.job_version);
  if (job === undefined || job.deployment_id !== row.id || job.status !== 'lost') return;
  const [reason = ''] = message.split('\n', 1);
  await jobs.update(job.id, {
    notice: `it could not be brought back after a restore: ${reason} (${code}); redeploy it, or deploy it again`,
  });
  trx.feedChanged('job', job.id);
}
