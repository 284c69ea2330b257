import { getSystemErrorMessage } from 'node:util';
import { PlatformError } from '@racetrack-platform/errors';

/** What to do about the failures of a file system that its owner can do something about. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some room on that file system.',
  EDQUOT: 'Free some room, or ask for a larger quota.',
  EROFS: 'Make the file system writable, or choose another folder with --data-dir.',
  EACCES: 'Start as the user that the folder belongs to, or choose another one with --data-dir.',
  EPERM: 'Start as the user that the folder belongs to, or choose another one with --data-dir.',
  ENOTDIR:
    'Something that is not a folder stands in the way: move it, or choose another one with --data-dir.',
  EISDIR: 'A folder stands where a file is needed: move it elsewhere.',
  ENAMETOOLONG: 'Choose a folder with a shorter path with --data-dir.',
  EIO: 'The disk fails: look at the log of the kernel.',
};

/**
 * Makes a message for people of a failed operation on a file.
 *
 * @param thrown - anything.
 * @returns a `DISK_FULL` or `DATA_DIR_UNUSABLE`, or undefined for what is no failure of a file system.
 */
export function explainFileError(thrown: unknown): PlatformError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, errno, path } = thrown as NodeJS.ErrnoException;
  const hint = code === undefined ? undefined : HINTS[code];
  if (hint === undefined || errno === undefined || path === undefined) return undefined;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new PlatformError(
    isFull ? 'DISK_FULL' : 'DATA_DIR_UNUSABLE',
    `cannot use ${path}: ${getSystemErrorMessage(errno)}`,
    {
      cause: thrown,
      hint,
    },
  );
}
