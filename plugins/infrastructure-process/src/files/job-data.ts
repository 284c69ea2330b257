import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { nameJobData } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import type { JobAccount } from '@racetrack-platform/plugin-sdk';
import { handOverFiles } from '@racetrack-platform/sandbox';

/** Where a family keeps its data on this machine; names are encoded, so that none leaves the folder. */
export function getJobDataPath(jobDataDir: string, jobName: string): string {
  return join(jobDataDir, nameJobData(jobName));
}

/**
 * Makes the directory that all versions and instances of a family share, or finds it as they left it. It is the
 * family's account's alone. When that has another number than before, as after `RACETRACK_ISOLATION` was changed, the
 * files of the former one are handed over, and nobody else's.
 *
 * @param account - the family's; `null`: the platform's own user.
 * @param isPassable - whether jobs come to it by its path, and have to pass through the directory above.
 * @returns its path, without links.
 * @throws PlatformError `LAUNCH_FAILED` when something else is in its place.
 */
export async function ensureJobData(
  jobDataDir: string,
  jobName: string,
  account: JobAccount | null,
  isPassable: boolean,
): Promise<string> {
  mkdirSync(jobDataDir, { recursive: true, mode: 0o700 });
  chmodSync(jobDataDir, isPassable ? 0o711 : 0o700);
  const path = getJobDataPath(jobDataDir, jobName);
  const found = findDirectory(path);
  if (found === undefined) {
    mkdirSync(path, { mode: 0o700 });
    if (account !== null) chownSync(path, account.uid, account.gid);
  } else if (account !== null && found.uid !== account.uid) {
    await handOverFiles(path, found.uid, account);
  }
  return realpathSync(path);
}

function findDirectory(path: string): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return found;
  throw new PlatformError('LAUNCH_FAILED', `${path} is not a directory`, {
    hint: 'The data of the job belongs there: look at what it is, and move it away.',
  });
}
