import { lstat, readdir } from 'node:fs/promises';
import { runQuietly } from '../files/run-quietly.ts';

/** Bytes of what `find` calls a block, whatever the file system's own ones are. */
const BLOCK = 512;
/**
 * Open files and mappings of all processes together that are looked at, which takes a second or two. Ordinary programs
 * have some hundreds each.
 */
const MAX_ENTRIES = 500_000;
/** `find` gets them in portions, since arguments have a limit. */
const PORTION = 1_000;

export interface DeletedFilesOptions {
  readonly signal?: AbortSignal;
  /** Of open files and mappings. */
  readonly maxEntries?: number | undefined;
}

/**
 * Disk space of files that have no name any more, but that some processes hold open or have mapped: `du` cannot see
 * them. Each file counts once. Only what belongs to the owner of a directory counts, since a replaced program or library
 * is the system's, and only what lies on a disk: deleted files in memory are memory.
 *
 * `find` looks at them in a process of its own, since a file system may answer slowly or never. Linux only: elsewhere
 * nothing is found. Not seen either: files in a message that nobody has received yet.
 *
 * @param directory - absolute; tells whose files count.
 * @returns bytes; `Infinity` when there are more files and mappings than can be looked at: whoever has so many may hide
 *   anything among them.
 */
export async function measureDeletedFiles(
  pids: readonly number[],
  directory: string,
  { signal, maxEntries = MAX_ENTRIES }: DeletedFilesOptions = {},
): Promise<number> {
  const place = await lstat(directory).catch(() => undefined);
  if (process.platform !== 'linux' || place === undefined) return 0;
  const lists: string[] = [];
  let entries = 0;
  for (const pid of pids) {
    signal?.throwIfAborted();
    const own = await listHolders(pid);
    entries += own.entries;
    if (entries > maxEntries) return Number.POSITIVE_INFINITY;
    lists.push(...own.lists);
  }
  const sizes = new Map<string, number>();
  for (let start = 0; start < lists.length; start += PORTION) {
    const output = await findDeleted(lists.slice(start, start + PORTION), place.uid, signal);
    for (const line of output.split('\n')) {
      const [device = '', inode = '', blocks = ''] = line.split(' ');
      if (blocks !== '' && isOnDisk(Number(device), place.dev))
        sizes.set(`${device} ${inode}`, Number(blocks));
    }
  }
  return [...sizes.values()].reduce((sum, blocks) => sum + blocks, 0) * BLOCK;
}

/** Where a process' files are listed: a thread may have a table of open files of its own. */
async function listHolders(pid: number): Promise<{ readonly lists: string[]; readonly entries: number }> {
  const [files, maps, threads] = [`/proc/${pid}/fd`, `/proc/${pid}/map_files`, `/proc/${pid}/task`];
  const open = await list(files);
  const lists = [files, maps];
  let entries = open.length + (await list(maps)).length;
  for (const thread of await list(threads)) {
    const place = `${threads}/${thread}/fd`;
    const own = thread === String(pid) ? open : await list(place);
    if (own.join() === open.join()) continue;
    lists.push(place);
    entries += own.length;
  }
  return { lists, entries };
}

/** A process may end, or be somebody else's, at any moment. */
async function list(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}

async function findDeleted(
  lists: readonly string[],
  uid: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const range = ['-mindepth', '1', '-maxdepth', '1'];
  const wanted = ['-type', 'f', '-links', '0', '-uid', String(uid)];
  // -L: the entries are links to the files themselves, names or not.
  return await runQuietly('find', ['-L', ...lists, ...range, ...wanted, '-printf', '%D %i %b\n'], signal);
}

/** Devices without a number of a driver are memory, or file systems such as overlays, of which only the place's counts. */
function isOnDisk(device: number, placeDevice: number): boolean {
  const driver = Math.floor(device / 256) % 4096;
  return device === placeDevice || driver !== 0;
}
