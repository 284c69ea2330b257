import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isAllowedLink, isAllowedPath } from './allowed-paths.ts';

/** What is left of the 4096 bytes that Linux takes is for the data directory that it is restored to. */
const MAX_PATH_BYTES = 3072;

/**
 * Says why an entry of `builds/` would not come back from a backup as it is. Authors choose the names and links in it, and
 * one of them must not cost the others their backup.
 *
 * @param folder - the entry, relative to `dataDir`.
 * @returns undefined when nothing is wrong with it.
 */
export async function findUnfit(dataDir: string, folder: string): Promise<string | undefined> {
  const children = await readdir(join(dataDir, folder), { withFileTypes: true, encoding: 'buffer' });
  for (const child of children) {
    const name = decode(child.name);
    if (name === undefined) return `a name in ${JSON.stringify(folder)} is not UTF-8`;
    const path = `${folder}/${name}`;
    const kind = child.isDirectory() ? 'folder' : child.isSymbolicLink() ? 'link' : 'file';
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `its path ${JSON.stringify(path)} is too long`;
    if (!isAllowedPath(path, kind)) return `its path ${JSON.stringify(path)} is not allowed`;
    if (kind === 'file' && !child.isFile()) return `${JSON.stringify(path)} is no file`;
    const problem =
      kind === 'folder'
        ? await findUnfit(dataDir, path)
        : kind === 'link'
          ? await findUnfitLink(dataDir, path)
          : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

async function findUnfitLink(dataDir: string, path: string): Promise<string | undefined> {
  const target = decode(await readlink(join(dataDir, path), { encoding: 'buffer' }));
  if (target === undefined) return `the link ${JSON.stringify(path)} is not UTF-8`;
  return isAllowedLink({ path, target }) ? undefined : `the link ${JSON.stringify(path)} leads out of it`;
}

/** Two names that are no text could become the same one. */
function decode(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
