import { rmdir } from 'node:fs/promises';

/**
 * Removes a tree that a build may have written to; see `removeTree` of the sandbox, which is loaded only when there is
 * something to remove: builds that find everything in the cache must not wait for it.
 *
 * @param signal - ends it early.
 */
export async function removeTree(path: string, signal?: AbortSignal): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    const sandbox = await import('@racetrack-platform/sandbox');
    await sandbox.removeTree(path, signal);
  }
}
