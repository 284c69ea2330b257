import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIgnoreFilter, DEFAULT_PATTERNS, type IgnoreFilter } from '@racetrack-platform/plugin-package';

/** What tools leave in a job's directory, and no repository holds: neither built nor watched. */
export const CACHE_PATTERNS = [
  'node_modules/',
  '.venv/',
  '/venv/',
  '/target/',
  '.mypy_cache/',
  '.pytest_cache/',
  '.ruff_cache/',
  '.idea/',
  '.vscode/',
  '.racetrack/',
  '.DS_Store',
  '*.swp',
  '*~',
  '.#*',
];

/** What a change of does not concern the job: caches, and what `.gitignore` and `.racetrackignore` name. */
export async function createWatchFilter(root: string): Promise<IgnoreFilter> {
  const read = async (name: string): Promise<string[]> =>
    (await readFile(join(root, name), 'utf8').catch(() => '')).split('\n');
  const own = [...(await read('.gitignore')), ...(await read('.racetrackignore'))];
  return createIgnoreFilter([...CACHE_PATTERNS, ...own, ...DEFAULT_PATTERNS]);
}
