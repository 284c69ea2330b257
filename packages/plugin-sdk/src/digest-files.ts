import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * SHA-256 over the paths, lengths and contents of files of a folder: part of the key of an environment, so that a changed
 * wrapper makes new ones.
 *
 * @param dir - absolute path of the folder.
 * @param isChosen - decides by the path in it, written with `/`.
 * @returns hexadecimal.
 */
export async function digestFiles(dir: string, isChosen: (path: string) => boolean): Promise<string> {
  const paths = (await listFiles(dir))
    .map((path) => relative(dir, path).split(sep).join('/'))
    .filter((path) => isChosen(path));
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    const content = await readFile(join(dir, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** All below a folder, without following links: the recursive `readdir` of Node.js 26 follows those to folders. */
async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const lists = entries.map(async (entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return await listFiles(path);
    return entry.isFile() ? [path] : [];
  });
  return (await Promise.all(lists)).flat();
}
