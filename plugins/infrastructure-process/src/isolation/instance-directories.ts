import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  lstatSync,
  mkdirSync,
} from 'node:fs';
import type { JobAccount } from '@racetrack-platform/plugin-sdk';
import { removeTree } from '@racetrack-platform/sandbox';
import type { InstanceFiles } from '../files/instance-files.ts';
import { openLogToAppend } from '../logs/open-log.ts';

/**
 * Makes an instance's directory, with the job's own directories and its log in it. The directory stays the platform's:
 * a job can neither change its records nor put something else in the place of its log. Its home is as it left it,
 * temporary files are gone.
 *
 * @param isPassable - whether the job comes to its own directories by their path, and has to pass through this one.
 */
export async function prepareInstanceDirectories(
  files: InstanceFiles,
  account: JobAccount | null,
  isPassable: boolean,
): Promise<void> {
  mkdirSync(files.dir, { recursive: true, mode: 0o700 });
  chmodSync(files.dir, isPassable ? 0o711 : 0o700);
  await removeTree(files.tmp);
  for (const directory of [files.home, files.tmp]) await giveDirectory(directory, account);
  prepareLog(files.log, account);
}

/**
 * Makes the log, or leaves an earlier one to go on. The job may write to it, since it opens it anew through
 * /dev/stdout, but it is not its owner: an owner may take a lease on it (fcntl(2), F_SETLEASE) and so hold up everyone
 * who opens it. One that was the job's, as in former versions, is taken back.
 */
function prepareLog(path: string, account: JobAccount | null): void {
  // By its name first: opening it may fail as long as its owner has a lease on it.
  if (account !== null && existsSync(path)) chownSync(path, 0, account.gid);
  const log = openLogToAppend(path);
  try {
    if (account !== null) fchownSync(log, 0, account.gid);
    fchmodSync(log, account === null ? 0o600 : 0o620);
  } finally {
    closeSync(log);
  }
}

/**
 * Makes a directory that is the account's alone. One that belongs to somebody else, as after a change of the account,
 * is replaced by an empty one: its files could not be handed over without trusting what they are.
 */
export async function giveDirectory(path: string, account: JobAccount | null): Promise<void> {
  const { uid, gid } = account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() && found.uid === uid) return;
  await removeTree(path);
  mkdirSync(path, { mode: 0o700 });
  if (account !== null) chownSync(path, uid, gid);
}
