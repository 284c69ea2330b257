import { glob, readFile, realpath, stat } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import type { Job } from './read-job.ts';

/** What a file is called that a job type may build; further down there are only those of other projects. */
const PATTERNS = ['{,*/,*/*/}{D,d}ockerfile', '{,*/,*/*/}*.{D,d}ockerfile', '{,*/,*/*/}{D,d}ockerfile.*'];
const LEFT_OUT = new Set(['node_modules', '.git', '.venv', 'venv']);
/** As the server has it. */
const MAX_FILES = 50;
const MAX_BYTES = 200_000;

/**
 * Reads the Dockerfiles in a job's directory, for job types that build them.
 *
 * @returns texts by path, with `/`; those that the server would refuse are left out.
 */
export async function findDockerfiles({ root, manifest }: Job): Promise<Record<string, string>> {
  const named = manifest.docker?.dockerfile_path;
  const paths = new Set(named === undefined ? [] : [posix.normalize(named)]);
  const exclude = (entry: string): boolean => LEFT_OUT.has(entry.split(sep).at(-1) ?? '');
  for await (const path of glob(PATTERNS, { cwd: root, exclude })) paths.add(path.replaceAll(sep, '/'));
  const texts: Record<string, string> = {};
  const realRoot = await realpath(root);
  for (const path of [...paths].slice(0, MAX_FILES)) {
    const file = await realpath(join(realRoot, path)).catch(() => undefined);
    // Neither a manifest nor a link may send files from elsewhere to a server.
    if (file?.startsWith(realRoot + sep) !== true) continue;
    const status = await stat(file);
    if (status.isFile() && status.size <= MAX_BYTES) texts[path] = await readFile(file, 'utf8');
  }
  return texts;
}
