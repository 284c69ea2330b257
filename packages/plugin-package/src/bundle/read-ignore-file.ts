import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIgnoreFilter, DEFAULT_PATTERNS, type IgnoreFilter } from './ignore-rules.ts';

/** Names what does not belong into the archive, in the folder of the plugin. */
const IGNORE_FILE = '.racetrackignore';

/** What is left out of a plugin. */
export interface PluginIgnore {
  readonly isIgnored: IgnoreFilter;
  /** Whether nothing below a folder can be part of the plugin, so that it need not be entered. */
  readonly isPruned: (folder: string) => boolean;
  /** The file with the patterns; `undefined` when there is none. */
  readonly path: string | undefined;
}

/**
 * Reads the patterns of a plugin. As with the original, and other than with git, a file below an excluded folder can be
 * taken back: every pattern looks at the whole path, and the last match wins.
 */
export async function readPluginIgnore(directory: string): Promise<PluginIgnore> {
  const path = join(directory, IGNORE_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  const lines = (text ?? '').replace(/^\uFEFF/, '').split('\n');
  const isIgnored = createIgnoreFilter([...lines, ...DEFAULT_PATTERNS]);
  const isIgnoredForGood = lines.some((line) => /^[!+]/.test(line))
    ? createIgnoreFilter(DEFAULT_PATTERNS)
    : isIgnored;
  return {
    isIgnored,
    isPruned: (folder) => isIgnoredForGood(folder, true),
    path: text === undefined ? undefined : path,
  };
}
