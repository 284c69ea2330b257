import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * SHA-256 of everything that gets into an environment or decides what does, so that a changed wrapper makes new
 * environments.
 *
 * @param runtimeDir - the plugin's `runtime` folder.
 */
export async function digestWrapper(runtimeDir: string): Promise<string> {
  const entries = await readdir(runtimeDir, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const content = await readFile(file);
    hash.update(`${relative(runtimeDir, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
