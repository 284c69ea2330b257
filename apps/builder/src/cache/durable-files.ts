import { chmod, cp, constants, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Files flushed at the same time; beyond it nothing gets faster. */
const SYNC_CONCURRENCY = 32;

/**
 * Writes a small file so that after a crash it is either absent or complete, with everything written before it.
 *
 * @param path - the final path; a file there is replaced.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  const handle = await open(draft, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  await syncPath(dirname(path));
}

/** Flushes every file and directory below a directory, and itself, to the disk. */
export async function syncTree(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  const queue = paths.values();
  const work = async (): Promise<void> => {
    for (const path of queue) await syncPath(path);
  };
  await Promise.all(Array.from({ length: SYNC_CONCURRENCY }, work));
  await syncPath(root);
}

/** Flushes one file or directory; what cannot be opened for reading is left to the system. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Copies a tree as it is: symbolic links stay links, blocks are shared where the file system can. */
export async function copyTree(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
}

/** Removes a file or tree, also one whose directories were made read-only, as module caches do. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await makeRemovable(path).catch(() => undefined);
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(
      async () => await removeDeepTree(path),
    );
  }
}

/** Paths may be longer than system calls take, when a build means harm; the system's own tool walks them in steps. */
async function removeDeepTree(path: string): Promise<void> {
  await promisify(execFile)('rm', ['-rf', '--', path]);
}

async function makeRemovable(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isDirectory() !== true) return;
  await chmod(path, 0o700);
  for (const name of await readdir(path)) await makeRemovable(join(path, name));
}
