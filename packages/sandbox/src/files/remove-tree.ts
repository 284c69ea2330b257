import { lstat, rmdir } from 'node:fs/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { closeTree } from './close-tree.ts';
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
  if (await removeByDescriptors(path, signal)) return;
  // Directories without the right to write, as module caches have; or somebody is moving things in one that is open to all.
  await closeTree(path, signal);
  if (await removeByDescriptors(path, signal)) return;
  throw new PlatformError('PLUGIN_FAILED', `${shorten(path)} could not be removed`, {
    hint: 'Look for processes that still write to it, and for files that are immutable or mounted.',
  });
}

/** Whether nothing is left. */
async function removeByDescriptors(path: string, signal: AbortSignal | undefined): Promise<boolean> {
  await runQuietly('rm', ['-r', '-f', '--', path], signal, NICENESS);
  return await lstat(path).then(
    () => false,
    () => true,
  );
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
