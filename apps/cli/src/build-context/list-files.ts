import { PlatformError } from '@racetrack-platform/errors';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, sep } from 'node:path';
import type { Dirent } from 'node:fs';
import type { IgnoreFilter } from '@racetrack-platform/plugin-package';

/** What goes into a build context. */
export interface FileList {
  /** Files and links, relative to the root, with `/`, sorted by code unit. */
  readonly paths: readonly string[];
  /** Sockets, devices and named pipes, which cannot be packed. */
  readonly skipped: readonly string[];
}

/**
 * Lists the files and symbolic links below a directory. Excluded directories are not entered; links are not followed.
 *
 * @throws {@link PlatformError} `BUILD_CONTEXT_INVALID` for a link that leads out of the directory.
 */
export async function listFiles(
  root: string,
  isIgnored: IgnoreFilter,
  signal: AbortSignal,
): Promise<FileList> {
  const paths: string[] = [];
  const skipped: string[] = [];
  const realRoot = await realpath(root);

  async function visit(directory: string): Promise<void> {
    signal.throwIfAborted();
    for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (isIgnored(path, entry.isDirectory())) continue;
      if (entry.isDirectory()) await visit(path);
      else if (await isPackable(realRoot, path, entry)) paths.push(path);
      else skipped.push(path);
    }
  }

  await visit('');
  return { paths: paths.sort(), skipped: skipped.sort() };
}

/** The largest files of a list, for the message that says why a build context is too large. */
export async function listLargest(
  root: string,
  paths: readonly string[],
  count: number,
): Promise<{ path: string; sizeBytes: number }[]> {
  const sizes: { path: string; sizeBytes: number }[] = [];
  for (const path of paths) {
    const status = await stat(join(root, path)).catch(() => undefined);
    if (status?.isFile() === true) sizes.push({ path, sizeBytes: status.size });
  }
  return sizes.sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, count);
}

async function isPackable(realRoot: string, path: string, entry: Dirent): Promise<boolean> {
  if (entry.isSymbolicLink()) await checkLink(realRoot, path);
  return entry.isFile() || entry.isSymbolicLink();
}

/** On the server the link would point to something else, or to nothing. */
async function checkLink(realRoot: string, path: string): Promise<void> {
  const target = await readlink(join(realRoot, path));
  const lexical = posix.normalize(posix.join(posix.dirname(path), target));
  const leavesByText = isAbsolute(target) || lexical === '..' || lexical.startsWith('../');
  if (!leavesByText && (await staysInside(realRoot, path))) return;
  throw new PlatformError(
    'BUILD_CONTEXT_INVALID',
    `the link ${path} leads out of the build context: ${target}`,
    {
      hint: 'Replace it with a copy or a relative link inside, or name it in .gitignore.',
    },
  );
}

/** A link may also leave through other links. One that leads nowhere is harmless. */
async function staysInside(realRoot: string, path: string): Promise<boolean> {
  const real = await realpath(join(realRoot, path)).catch(() => undefined);
  return real === undefined || real === realRoot || real.startsWith(realRoot + sep);
}
