import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PlatformError } from '@racetrack-platform/errors';

/** Says that a folder was made by a restore: nothing else is ever emptied. */
const MARKER = 'made-by-restore';
const PERMISSIONS = 0o777;
const PRIVATE = 0o700;

/**
 * Makes the folder in which a restore is built, for its owner alone. That of a killed restore is taken over; a link, or
 * anything else that somebody put there, is left as it is.
 *
 * @param folder - absolute; its parent exists.
 * @param uid - of this process; undefined where the system knows none.
 * @throws {@link PlatformError} `ALREADY_EXISTS` when something else is there; `DATA_DIR_UNUSABLE` when it cannot be made.
 */
export async function claimScratchDirectory(folder: string, uid = process.getuid?.()): Promise<void> {
  try {
    await mkdir(folder, { mode: PRIVATE });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw unusable(folder, error);
    await assertOurs(folder, uid);
    return;
  }
  await writeFile(join(folder, MARKER), '', { flag: 'wx', mode: 0o600 });
}

/** Removes what a killed restore left, but for locks and the marker. */
export async function emptyScratchDirectory(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name === MARKER || name.startsWith('lock')) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Call it once the folder is where it belongs. */
export async function removeMarker(folder: string): Promise<void> {
  await rm(join(folder, MARKER), { force: true });
}

async function assertOurs(folder: string, uid: number | undefined): Promise<void> {
  const found = await lstat(folder);
  const isOurFolder = found.isDirectory() && isOwn(found, uid) && (found.mode & PERMISSIONS) === PRIVATE;
  if (isOurFolder) {
    // Only we could write into it, so that the marker cannot be anybody else's.
    const marker = await lstat(join(folder, MARKER)).catch(() => undefined);
    if (marker?.isFile() === true && isOwn(marker, uid)) return;
  }
  throw new PlatformError('ALREADY_EXISTS', `${folder} is in the way, and no restore of yours made it`, {
    hint: `Look at what it is, then move it away; or choose another place with --data-dir.`,
  });
}

function isOwn({ uid: owner }: Stats, uid: number | undefined): boolean {
  return uid === undefined || owner === uid;
}

function unusable(folder: string, cause: unknown): PlatformError {
  return new PlatformError('DATA_DIR_UNUSABLE', `the folder ${folder} cannot be made: ${messageOf(cause)}`, {
    hint: 'Restore into a folder whose parent you may write to: --data-dir FOLDER.',
    cause,
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
