import { PlatformError } from './platform-error.ts';

/** What programs and the system say when there is no room left, or none that this user may take. */
const DISK_FULL = /\bENOSPC\b|\bEDQUOT\b|No space left on device|Disk quota exceeded/;

/** What to do about it. */
export const DISK_FULL_HINT =
  'Free space on the disk of the data directory, or delete jobs that nobody needs; then try again.';

/** Whether a text, such as the output of a program, says that a disk is full. */
export function tellsDiskFull(text: string): boolean {
  return DISK_FULL.test(text);
}

/** The error for a failed write to a full disk; `undefined` for any other failure. */
export function explainDiskFull(thrown: unknown): PlatformError | undefined {
  if (!(thrown instanceof Error) || PlatformError.is(thrown) || !tellsDiskFull(thrown.message))
    return undefined;
  return new PlatformError('DISK_FULL', 'the disk of the server is full', {
    hint: DISK_FULL_HINT,
    cause: thrown,
  });
}
