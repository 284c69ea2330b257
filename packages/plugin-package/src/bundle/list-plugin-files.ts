import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Dirent } from 'node:fs';
import { quote } from '../problems.ts';
import type { PluginIgnore } from './read-ignore-file.ts';

/** A file of a plugin's folder. */
export interface SourceFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly isExecutable: boolean;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface SourceFileList {
  /** Sorted by code unit. */
  readonly files: readonly SourceFile[];
  /** What was left out, or packed though it lies elsewhere. */
  readonly warnings: readonly string[];
}

/**
 * Lists what belongs to a plugin. Links to files count as the files, as with the original; links to folders, and what is
 * no file, are left out with a warning.
 *
 * @param excluded - absolute path of a file that is left out in any case.
 */
export async function listPluginFiles(
  directory: string,
  ignore: PluginIgnore,
  excluded: string | undefined,
  signal: AbortSignal,
): Promise<SourceFileList> {
  const files: SourceFile[] = [];
  const warnings: string[] = [];
  const root = await realpath(directory);

  async function addFile(path: string, entry: Dirent): Promise<void> {
    const absolute = join(directory, path);
    if (absolute === excluded) return;
    const status = await stat(absolute).catch(() => undefined);
    if (status === undefined) warnings.push(`${quote(path)} is a link that leads nowhere; it is left out`);
    else if (status.isDirectory()) warnings.push(`${quote(path)} is a link to a folder; it is left out`);
    else if (!status.isFile()) warnings.push(`${quote(path)} is no file; it is left out`);
    else {
      const { size, mode, mtimeMs } = status;
      files.push({ path, bytes: size, isExecutable: (mode & 0o100) !== 0, modifiedAt: mtimeMs });
      if (!entry.isSymbolicLink()) return;
      const target = await realpath(absolute);
      if (target.startsWith(root + sep)) return;
      warnings.push(`${quote(path)} is a link that leads out of the plugin; what it leads to is packed`);
    }
  }

  async function visit(folder: string): Promise<void> {
    signal.throwIfAborted();
    for (const entry of await readdir(join(directory, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!ignore.isPruned(path)) await visit(path);
      } else if (!ignore.isIgnored(path, false)) {
        await addFile(path, entry);
      }
    }
  }

  await visit('');
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), warnings: warnings.sort() };
}
