import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Puts a copy in the place of a file, one that only the caller has ever had open, whoever can still write to the old
 * one. Keeps the time of change: compiled Python code is valid for that of its source only.
 *
 * The old name goes first: renaming the copy over it makes file systems write each one out at once, and nobody uses the
 * tree before all of it has been synced.
 *
 * @param path - a regular file in a directory that nobody else may write to.
 * @param mode - of the copy, from its first moment on.
 */
export type RenewFile = (path: Buffer, mode: number) => Promise<void>;

/** @param pause - called between pieces of work of a megabyte or less; ends the work by throwing. */
export function createRenewer(pause: () => Promise<void>): RenewFile {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let canShare = true;

  return async (path, mode) => {
    const source = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size, atimeMs, mtimeMs } = fstatSync(source);
      unlinkSync(path);
      canShare = canShare && shareBlocks(source, path, mode);
      const target = openSync(path, canShare ? constants.O_WRONLY | constants.O_NOFOLLOW : 'wx', mode);
      try {
        if (!canShare) await copyContent(source, target, size);
        // Neither the umask nor what new files inherit from their directory has a say.
        fchmodSync(target, mode);
        futimesSync(target, atimeMs / 1000, mtimeMs / 1000);
      } finally {
        closeSync(target);
      }
    } finally {
      closeSync(source);
    }
  };

  /** Reads no further than the size it had: somebody else may be writing, or cutting it off. */
  async function copyContent(source: number, target: number, sizeBytes: number): Promise<void> {
    for (let leftBytes = sizeBytes; leftBytes > 0;) {
      const size = readSync(source, buffer, 0, Math.min(leftBytes, CHUNK_BYTES), null);
      if (size === 0) return;
      for (let done = 0; done < size;) done += writeSync(target, buffer, done, size - done);
      leftBytes -= size;
      await pause();
    }
  }
}

/** @returns whether the file system can; one that cannot is not asked again. */
function shareBlocks(source: number, path: Buffer, mode: number): boolean {
  // The copy begins with the mode of its original, and must not be a privileged program of root for a moment.
  fchmodSync(source, mode);
  try {
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE;
    copyFileSync(`/proc/self/fd/${source}`, path, flags);
    return true;
  } catch {
    return false;
  }
}
