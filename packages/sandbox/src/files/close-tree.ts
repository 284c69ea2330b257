import { runQuietly } from './run-quietly.ts';

const NICENESS = 3;

/**
 * Makes all directories of a tree ours alone, while somebody else may hold some of them open and move things in them.
 *
 * Programs of the system walk it by descriptors, as deep as it may be. As root: everything becomes root's by a call that
 * follows no link; then `find` closes what is still open to others, each directory before it goes on into it, so that
 * nobody can exchange what it comes to next.
 *
 * @param path - absolute; in a directory that is ours alone.
 * @throws PlatformError `PLUGIN_FAILED` when a program could not be run. The signal's reason when it is aborted.
 */
export async function closeTree(path: string, signal?: AbortSignal): Promise<void> {
  if (process.getuid?.() !== 0) {
    // All of it is the work of one user, who has nobody to be led astray by.
    await runQuietly('chmod', ['-R', 'u+rwx', '--', path], signal, NICENESS);
    return;
  }
  await runQuietly('chown', ['-h', '-R', '0:0', '--', path], signal, NICENESS);
  const isOpen = ['(', '!', '-uid', '0', '-o', '-perm', '/022', ')'];
  const close = ['-execdir', 'chown', '-h', '0:0', '{}', ';', '-execdir', 'chmod', '0700', '{}', ';'];
  await runQuietly('find', ['-P', path, '-xdev', '-type', 'd', ...isOpen, ...close], signal, NICENESS);
}
