import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Lists everything below a directory. Links are listed, not followed: the recursive `readdir` of Node.js 26 follows
 * those to directories, out of the tree and in circles.
 */
export async function listTree(root: string): Promise<Dirent[]> {
  const found: Dirent[] = [];
  const waiting = [root];
  for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      found.push(entry);
      if (entry.isDirectory()) waiting.push(join(dir, entry.name));
    }
  }
  return found;
}
