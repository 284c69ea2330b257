import { constants, cp, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listTree } from './list-tree.ts';

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
  const entries = await listTree(root);
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
