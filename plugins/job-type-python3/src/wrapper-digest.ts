import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** What of `runtime/` gets into an environment or decides what does. */
const PARTS = [
  'run_job.py',
  'requirements.lock',
  'accelerators.lock',
  'build',
  'racetrack_job_wrapper',
] as const;

/**
 * SHA-256 of everything that `install_wrapper.py` copies or obeys, so that a changed wrapper makes new environments.
 * Bytecode is left out: it may come and go.
 *
 * @param runtimeDir - the plugin's `runtime` folder.
 */
export async function digestWrapper(runtimeDir: string): Promise<string> {
  const hash = createHash('sha256');
  const files = await Promise.all(PARTS.map(async (part) => await listFiles(join(runtimeDir, part))));
  for (const file of files.flat().sort()) {
    const content = await readFile(file);
    hash.update(`${relative(runtimeDir, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

async function listFiles(path: string): Promise<string[]> {
  if (/\.(?:py|lock)$/.test(path)) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.py'))
    .map((entry) => join(entry.parentPath, entry.name));
}
