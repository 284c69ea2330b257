import { lstat, rmdir } from 'node:fs/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { runQuietly } from './run-quietly.ts';

/** Characters of a path in a message. */
const LONGEST_TOLD = 200;
/** Somebody waits for it, and jobs that keep the processors busy must not be able to stop it. */
const NICENESS = 3;

/**
 * Removes a directory that a job or a build has written to, with everything in it; links are removed, not followed.
 *
 * `fs.rm` names each file by its whole path, so that it cannot remove what lies deeper than a path may be long, and
 * anybody can make such a tree. `rm` goes from directory to directory.
 *
 * @param path - absolute. Nothing happens when it is not there.
 * @throws PlatformError `PLUGIN_FAILED` when something is left. The signal's reason when it is aborted.
 */
export async function removeTree(path: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (await isRemovedAtOnce(path)) return;
  await runQuietly('rm', ['-r', '-f', '--', path], signal, NICENESS);
  const isLeft = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!isLeft) return;
  throw new PlatformError('PLUGIN_FAILED', `${shorten(path)} could not be removed`, {
    hint: 'Look for processes that still write to it, and for files that are immutable or mounted.',
  });
}

/** Nothing or an empty directory needs no other process. */
async function isRemovedAtOnce(path: string): Promise<boolean> {
  return await rmdir(path).then(
    () => true,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT',
  );
}

/** Its author chose how long it is. */
function shorten(path: string): string {
  return path.length <= LONGEST_TOLD ? path : `${path.slice(0, LONGEST_TOLD)}…`;
}
