import { runQuietly } from './run-quietly.ts';

const KIBIBYTE = 1024;
/** Limits hang on it: whoever fills a disk must not be able to put it off by keeping the processors busy as well. */
const NICENESS = 3;

export interface DirectorySize {
  /** Blocks allocated, rounded up to KiB. */
  readonly bytes: number;
}

/**
 * Disk space of a directory: blocks allocated, a file with several names once, links not followed, other file systems
 * left out. What is not there takes nothing.
 *
 * `du` walks it, in a process of its own: it holds its place in a tree by file descriptors, so
 * that no depth, no number of entries and no change meanwhile leads it astray, and it can be killed at any time.
 *
 * @param path - absolute.
 * @param options - `signal` ends it early: a tree may have been made to be slow.
 * @throws PlatformError `PLUGIN_FAILED` when nothing could be measured. The signal's reason when it is aborted.
 */
export async function measureDirectory(
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DirectorySize> {
  return { bytes: await measureDirectories([path], signal) };
}

/** As {@link measureDirectory}, of several together: a file with names in two of them counts once. @returns bytes. */
export async function measureDirectories(paths: readonly string[], signal?: AbortSignal): Promise<number> {
  signal?.throwIfAborted();
  if (paths.length === 0) return 0;
  const output = await runQuietly('du', ['-s', '-k', '-x', '--', ...paths], signal, NICENESS);
  // `du` complains about what vanishes while it walks, and about a path that is not there, but counts the rest.
  return output.split('\n').reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0), 0) * KIBIBYTE;
}
