import { lstat, readlink } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { listTree } from '../cache/list-tree.ts';

/** Links followed before the system gives up as well (Linux: 40, path_resolution(7)). */
const MAX_HOPS = 40;

/**
 * Finds a symbolic link whose target lies outside of the tree, also by way of other links, and also when it dangles.
 *
 * @param root - the tree.
 * @returns the link's path relative to the root, or `undefined`.
 */
export async function findEscapingLink(root: string): Promise<string | undefined> {
  for (const entry of await listTree(root)) {
    if (!entry.isSymbolicLink()) continue;
    const path = relative(root, join(entry.parentPath, entry.name));
    if (await escapes(root, path)) return path;
  }
  return undefined;
}

async function escapes(root: string, path: string): Promise<boolean> {
  const current: string[] = [];
  let pending = path.split('/');
  let hops = 0;
  while (pending.length > 0) {
    const [part = '', ...rest] = pending;
    pending = rest;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (current.pop() === undefined) return true;
      continue;
    }
    const target = await findLinkTarget(join(root, ...current, part));
    if (target === undefined) {
      current.push(part);
      continue;
    }
    hops += 1;
    if (hops > MAX_HOPS) return false;
    if (isAbsolute(target)) return true;
    pending = [...target.split('/'), ...rest];
  }
  return false;
}

async function findLinkTarget(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isSymbolicLink() === true ? await readlink(path) : undefined;
}
