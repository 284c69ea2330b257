import { readConfined } from '../input/read-confined.ts';
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

const LIMIT_BYTES = 1024 * 1024;

/** What a change of does not concern the job: caches, and what `.gitignore` and `.racetrackignore` name. */
export async function createWatchFilter(root: string): Promise<IgnoreFilter> {
  // One that is not as it should be is told when the files are packed.
  const read = async (name: string): Promise<string[]> => {
    const found = await readConfined(root, name, LIMIT_BYTES).catch(() => undefined);
    return found?.kind === 'read' ? found.bytes.toString('utf8').split('\n') : [];
  };
  const own = [...(await read('.gitignore')), ...(await read('.racetrackignore'))];
  return createIgnoreFilter([...CACHE_PATTERNS, ...own, ...DEFAULT_PATTERNS]);
}
