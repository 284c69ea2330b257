import { globSync } from 'node:fs';

const PATTERNS = [
  '*.md',
  'docs/**/*.md',
  'sample/**/*.md',
  'plugins/**/*.md',
  'packages/*/README.md',
  'apps/*/README.md',
];

/** Every page of documentation, by its path inside the repository. */
export function listPages(repository: string): string[] {
  return PATTERNS.flatMap((pattern) =>
    globSync(pattern, { cwd: repository, exclude: (name) => name === 'node_modules' }),
  ).toSorted();
}
