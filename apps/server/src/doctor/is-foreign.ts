import { stat } from 'node:fs/promises';

/**
 * Whether a data directory belongs to somebody else, so that nothing true can be said about what is in it. Root may
 * look at everything.
 *
 * @param dataDir - absolute; need not exist.
 * @param uid - of this process; undefined where the system knows none.
 */
export async function isForeign(dataDir: string, uid = process.getuid?.()): Promise<boolean> {
  if (uid === undefined || uid === 0) return false;
  try {
    return (await stat(dataDir)).uid !== uid;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES';
  }
}
