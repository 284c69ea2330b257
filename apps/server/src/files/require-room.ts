import { statfs } from 'node:fs/promises';
import { PlatformError } from '@racetrack-platform/errors';

/** Less than this, and the store could not even write down that it started. */
export const LEAST_FREE_BYTES = 8 * 1024 * 1024;

/** What a file system has left for ordinary users. */
export interface Room {
  readonly freeBytes: number;
  /** Undefined on file systems without a fixed number of files, such as btrfs. */
  readonly freeFiles: number | undefined;
}

/** Asks the file system of a folder how much it has left. */
export async function measureRoom(folder: string): Promise<Room> {
  const { bavail, bsize, files, ffree } = await statfs(folder);
  return { freeBytes: bavail * bsize, freeFiles: files === 0 ? undefined : ffree };
}

/**
 * Refuses a start that would fail halfway for want of room.
 *
 * @throws {@link PlatformError} `DISK_FULL`.
 */
export async function requireRoom(dataDir: string): Promise<void> {
  const { freeBytes, freeFiles } = await measureRoom(dataDir);
  const isFull = freeBytes < LEAST_FREE_BYTES;
  if (!isFull && freeFiles !== 0) return;
  const left = isFull ? `${(freeBytes / 1024 / 1024).toFixed(1)} MiB` : 'no further file';
  throw new PlatformError('DISK_FULL', `the file system of ${dataDir} is full: it has room for ${left}`, {
    hint: `Free at least ${LEAST_FREE_BYTES / 1024 / 1024} MiB there, or choose another folder with --data-dir.`,
  });
}
