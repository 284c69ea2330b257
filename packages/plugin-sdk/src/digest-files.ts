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
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => isChosen(path));
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    const content = await readFile(join(dir, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
