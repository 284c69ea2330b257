import { quote, presentBytes } from '../problems.ts';
import { createCollisionFinder, findPathProblem } from './entry-path.ts';
import { RATIO_FLOOR_BYTES, type ArchiveLimits } from './limits.ts';
import type { RawDirectory, RawEntry } from './read-directory.ts';

/** A file of an archive that breaks no rule. */
export interface ArchiveFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly isExecutable: boolean;
}

/** A file with where to find its data. */
export interface PackedFile extends ArchiveFile {
  readonly method: number;
  readonly crc32: number;
  readonly dataStart: number;
  readonly packedBytes: number;
}

export interface CheckedEntries {
  readonly files: readonly PackedFile[];
  /** Folders with an entry of their own. */
  readonly folders: readonly string[];
  /** Each names its entry. */
  readonly problems: readonly string[];
}

const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;
const STORED = 0;
const DEFLATED = 8;

/** Applies every rule that needs no data of an entry; finds all problems at once. */
export function checkEntries(
  { entries, directoryStart }: RawDirectory,
  limits: ArchiveLimits,
): CheckedEntries {
  const files: PackedFile[] = [];
  const folders: string[] = [];
  const problems: string[] = [];
  const findCollision = createCollisionFinder();
  let totalBytes = 0;

  for (const entry of entries) {
    const name = decodeName(entry);
    if (name === undefined) {
      problems.push(`${quote(entry.nameBytes.toString('latin1'))} has a name that is not UTF-8`);
      continue;
    }
    // Some programs put `./` in front of every name; it says nothing.
    const plain = name.replace(/^(?:\.\/)+/, '');
    if (plain === '' && name !== '') continue;
    const isFolder = plain.endsWith('/') && plain !== '/';
    const path = isFolder ? plain.slice(0, -1) : plain;
    const problem =
      findPathProblem(path, limits) ??
      findKindProblem(entry, isFolder, limits) ??
      findCollision(path, isFolder);
    if (problem !== undefined) problems.push(`${quote(name)} ${problem}`);
    else if (isFolder) folders.push(path);
    else files.push(presentFile(path, entry));
    totalBytes += entry.bytes;
  }

  if (totalBytes > limits.totalBytes) {
    problems.push(
      `holds ${presentBytes(totalBytes)} when unpacked; at most ${presentBytes(limits.totalBytes)} are allowed`,
    );
  }
  if (findOverlap(entries, directoryStart)) {
    problems.push('has entries that share the same bytes, as only ZIP bombs do');
  }
  return { files, folders, problems };
}

/** Archives of Linux and macOS often hold UTF-8 without saying so; older code pages would be a guess. */
function decodeName({ nameBytes }: RawEntry): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(nameBytes);
  } catch {
    return undefined;
  }
}

function findKindProblem(entry: RawEntry, isFolder: boolean, limits: ArchiveLimits): string | undefined {
  const type = entry.mode & FILE_TYPE;
  if (type === LINK) return 'is a symbolic link';
  if (type !== 0 && type !== REGULAR && type !== FOLDER) return 'is a device, pipe or socket';
  if (type !== 0 && (type === FOLDER) !== isFolder) return 'is a file and a folder at once';
  if (entry.isEncrypted) return 'is encrypted';
  if (!entry.nameBytes.equals(entry.localNameBytes)) return 'has another name in front of its data';
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    return `is packed in a way (${entry.method}) that is not read here; store or deflate it`;
  }
  if (entry.method !== entry.localMethod) return 'is packed in two ways at once';
  if (isFolder) return entry.bytes === 0 ? undefined : 'is a folder with content of its own';
  if (entry.bytes > limits.fileBytes) {
    return `has ${presentBytes(entry.bytes)} when unpacked; at most ${presentBytes(limits.fileBytes)} are allowed`;
  }
  if (entry.bytes > RATIO_FLOOR_BYTES && entry.bytes > entry.packedBytes * limits.ratio) {
    return `grows more than ${limits.ratio} times when unpacked`;
  }
  return undefined;
}

/** Every entry needs bytes of its own, from its header to the end of its data, all before the directory. */
function findOverlap(entries: readonly RawEntry[], directoryStart: number): boolean {
  const byStart = entries.toSorted((a, b) => a.headerStart - b.headerStart);
  return byStart.some(({ dataStart, packedBytes }, index) => {
    const next = byStart[index + 1]?.headerStart ?? directoryStart;
    return dataStart + packedBytes > next;
  });
}

function presentFile(
  path: string,
  { mode, bytes, method, crc32, dataStart, packedBytes }: RawEntry,
): PackedFile {
  return { path, bytes, isExecutable: (mode & 0o111) !== 0, method, crc32, dataStart, packedBytes };
}
