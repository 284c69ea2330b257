/** What the platform loads, by language. TypeScript runs as it is. */
export const ENTRY_POINTS = ['plugin.js', 'plugin.mjs', 'plugin.ts', 'plugin.py'] as const;

export interface FoundEntryPoint {
  readonly path: string | undefined;
  /** Reads after the folder and a slash, or the archive and a colon. */
  readonly problem: string | undefined;
}

/**
 * Finds the file that a plugin is loaded by: exactly one, at the top.
 *
 * @param paths - all files, relative, with `/`.
 */
export function findEntryPoint(paths: readonly string[]): FoundEntryPoint {
  const found = ENTRY_POINTS.filter((name) => paths.includes(name));
  const [path] = found;
  if (path === undefined) {
    const others = ENTRY_POINTS.filter((name) => name !== 'plugin.py').join(', ');
    const problem = `plugin.py file was not found in a plugin directory, nor one of ${others}`;
    return { path, problem };
  }
  if (found.length === 1) return { path, problem: undefined };
  return {
    path: undefined,
    problem: `${found.join(' and ')} are both there, and only one of them can be what the platform loads`,
  };
}
