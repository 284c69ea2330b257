import { chmod, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { messageOf, PlatformError } from '@racetrack-platform/errors';

/** Write permission of the group and of all others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes sure that the data directory exists and that nobody else may write to it: whoever can, could plant a store, a
 * key or a program that we would run.
 *
 * @param folder - absolute.
 * @param uid - of this process; undefined where the system knows none.
 * @returns the folder with symbolic links resolved.
 * @throws {@link PlatformError} `CONFIG_INVALID` when it cannot be made, or is not ours alone.
 */
export async function ensureDataDirectory(folder: string, uid = process.getuid?.()): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new PlatformError(
      'CONFIG_INVALID',
      `the data directory ${folder} cannot be made: ${messageOf(error)}`,
      {
        hint: 'Choose another one with --data-dir.',
      },
    );
  }
  const status = await stat(folder);
  const isOurs = uid === undefined || status.uid === uid;
  if ((status.mode & WRITABLE_BY_OTHERS) === 0) {
    if (isOurs || uid === 0) return await realpath(folder);
    throw new PlatformError('CONFIG_INVALID', `the data directory ${folder} belongs to another user`, {
      hint: 'Start as its owner, or choose another one with --data-dir.',
    });
  }
  const isEmpty = (await readdir(folder)).length === 0;
  if (isOurs && isEmpty) {
    await chmod(folder, 0o700);
    return await realpath(folder);
  }
  throw new PlatformError('CONFIG_INVALID', `other users may write to the data directory ${folder}`, {
    hint: `Look at what is in it; if it is yours: chmod 700 ${folder}. Or choose another one with --data-dir.`,
  });
}
