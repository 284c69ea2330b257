import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What of `runtime/` gets into an environment or decides what does. */
const FOLDERS = ['src', 'compose'] as const;
const FILES = ['Cargo.toml', 'Cargo.lock'] as const;

/**
 * SHA-256 of the wrapper's code and of the crates it names, so that a changed wrapper makes new environments.
 *
 * @param runtimeDir - the plugin's `runtime` folder.
 */
export async function digestWrapper(runtimeDir: string): Promise<string> {
  const nested = await Promise.all(
    FOLDERS.map(async (folder) =>
      (await readdir(join(runtimeDir, folder))).map((name) => `${folder}/${name}`),
    ),
  );
  const hash = createHash('sha256');
  for (const file of [...FILES, ...nested.flat()].sort()) {
    const content = await readFile(join(runtimeDir, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
