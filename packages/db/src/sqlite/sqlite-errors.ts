import { PlatformError } from '@racetrack-platform/errors';

/** The primary result codes of SQLite that stand for the state of file or disk: https://sqlite.org/rescode.html */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Whether another program holds the lock: nothing was done, and the same may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

/**
 * Turns what SQLite says about its file into an error for people. Anything else is a mistake of ours and passes.
 *
 * @param path - of the database file.
 */
export function toStoreError(path: string, error: unknown): unknown {
  switch (resultCode(error)) {
    case BUSY:
    case LOCKED:
      return new PlatformError('STORE_UNAVAILABLE', `the database ${path} is locked`, {
        hint: 'Another program has the database open for writing: end it, or wait until it has finished.',
        cause: error,
      });
    case FULL:
    case IOERR:
      return new PlatformError('STORE_UNAVAILABLE', `the database ${path} cannot be written or read`, {
        hint: 'See whether the disk is full (df) or failing (system log), then try again.',
        cause: error,
      });
    case PERM:
    case READONLY:
    case CANTOPEN:
      return new PlatformError('STORE_UNAVAILABLE', `the database ${path} cannot be opened for writing`, {
        hint: 'See that the file and its directory belong to the user that runs the server, and may be written.',
        cause: error,
      });
    case CORRUPT:
    case NOTADB:
      return new PlatformError('STORE_CORRUPT', `the file ${path} is damaged, or is no database of SQLite`, {
        hint: 'Stop the server, put the file aside, and restore it from a backup or import an export.',
        cause: error,
      });
    default:
      return error;
  }
}

/** The low byte: the others tell more about the same kind of failure. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}
