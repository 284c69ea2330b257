import { PlatformError } from '@racetrack-platform/errors';
import { measureDirectory } from '@racetrack-platform/sandbox';
import { opendirSync } from 'node:fs';
import { getJobDataPath } from '../files/job-data.ts';
import { describeBytes } from './describe-limit.ts';

/** A start does not wait longer for a directory with very many files; the watch over running instances takes its time. */
const PATIENCE_MS = 2_000;

/**
 * Refuses to start an instance whose family keeps more than it may. It would be ended as soon as that is noticed, and
 * could add to it until then, with each start again.
 *
 * @throws PlatformError `LAUNCH_FAILED`. The signal's reason when it is aborted.
 */
export async function assertDataFits(
  deps: { readonly jobDataDir: string; readonly diskLimitBytes: number | null },
  jobName: string,
  signal: AbortSignal,
): Promise<void> {
  const path = getJobDataPath(deps.jobDataDir, jobName);
  const limitBytes = deps.diskLimitBytes;
  if (limitBytes === null || isEmpty(path)) return;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const size = await measureDirectory(path, { signal: AbortSignal.any([signal, patience]) }).catch(
    (error: unknown) => {
      if (patience.aborted && !signal.aborted) return undefined;
      throw error;
    },
  );
  if (size === undefined || size.bytes <= limitBytes) return;
  throw new PlatformError(
    'LAUNCH_FAILED',
    `the data of ${jobName} takes ${describeBytes(size.bytes)}, more than its disk limit of ${describeBytes(limitBytes)}`,
    {
      hint: `It is left as it is. Whoever administers the server can remove files from ${path}, or raise RACETRACK_JOB_DISK_LIMIT.`,
    },
  );
}

function isEmpty(path: string): boolean {
  try {
    using directory = opendirSync(path);
    return directory.readSync() === null;
  } catch {
    return true;
  }
}
