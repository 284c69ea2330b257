import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
const PROGRAM_MODE = 0o755;

export interface TreeFile {
  readonly path: string;
  readonly isExecutable: boolean;
  read(): Promise<Uint8Array>;
}

/**
 * Writes files into a folder that must not exist yet: the whole of it or nothing, on the disk for good when this
 * resolves. A killed process leaves at most a folder `.NAME.partial-…` beside it.
 *
 * @param destination - absolute; its parent exists. All paths are checked already.
 * @throws PlatformError `ALREADY_EXISTS`.
 */
export async function writeTree(
  destination: string,
  folders: readonly string[],
  files: readonly TreeFile[],
  signal: AbortSignal,
): Promise<void> {
  await assertAbsent(destination);
  const partial = join(
    dirname(destination),
    `.${basename(destination)}.partial-${randomBytes(6).toString('hex')}`,
  );
  try {
    await makeFolder(partial);
    const all = listFolders(folders, files);
    for (const folder of all) await makeFolder(join(partial, folder));
    for (const file of files) {
      signal.throwIfAborted();
      await writeFileDurably(join(partial, file.path), await file.read(), file.isExecutable);
    }
    for (const folder of all.toReversed()) await syncFolder(join(partial, folder));
    await syncFolder(partial);
    await rename(partial, destination).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') await assertAbsent(destination);
      throw error;
    });
    await syncFolder(dirname(destination));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function assertAbsent(destination: string): Promise<void> {
  const status = await lstat(destination).catch(() => undefined);
  if (status === undefined) return;
  throw new PlatformError('ALREADY_EXISTS', `${destination} exists already`, {
    hint: 'Remove it, or name another folder.',
  });
}

/** Every folder that is named or needed, parents first. */
function listFolders(folders: readonly string[], files: readonly TreeFile[]): string[] {
  const all = new Set<string>();
  const parents = files.map(({ path }) => dirname(path)).filter((folder) => folder !== '.');
  for (const folder of [...folders, ...parents]) {
    const segments = folder.split('/');
    for (let length = 1; length <= segments.length; length += 1) all.add(segments.slice(0, length).join('/'));
  }
  return [...all].sort();
}

/** The mode is set apart from the creation, where the umask of the process has a say. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path);
  await using handle = await open(path);
  await handle.chmod(FOLDER_MODE);
}

async function writeFileDurably(path: string, data: Uint8Array, isExecutable: boolean): Promise<void> {
  await using handle = await open(path, 'wx', FILE_MODE);
  await handle.writeFile(data);
  await handle.chmod(isExecutable ? PROGRAM_MODE : FILE_MODE);
  await handle.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path);
  await handle.sync();
}
