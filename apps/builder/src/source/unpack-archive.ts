import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { explainDiskFull, messageOf, PlatformError } from '@racetrack-platform/errors';
import { Parser, Unpack, type ReadEntry } from 'tar';
import { removeTree } from '../cache/remove-tree.ts';
import { findEscapingLink } from './find-escaping-link.ts';

/** Bounds of an uploaded build context. */
export const ARCHIVE_LIMITS = { maxEntries: 100_000, maxBytes: 1024 ** 3 } as const;

/** Room for headers and padding of one entry: two blocks, and two more for its pax header (POSIX.1-2001, pax). */
const HEADER_BYTES = 4 * 512;
/** Archives are filled up to whole records (POSIX.1-1988: 10,240 bytes); more of it only keeps us busy. */
const MAX_TRAILING_BYTES = 1024 ** 2;
const FILE_TYPES = new Set(['File', 'OldFile', 'ContiguousFile']);
const LINK_TYPES = new Set(['Link', 'SymbolicLink']);
/** First bytes of gzip and Zstandard, which the tar parser would unpack a second time, past our count. */
const COMPRESSED = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])];

/**
 * Unpacks a `.tar.gz` from outside: files, directories, and links that stay inside; ordinary modes; nothing else.
 *
 * @param archive - path of the uploaded archive, or its number as an open file.
 * @param targetDir - an empty directory.
 * @param signal - ends the work; its reason is thrown.
 * @throws PlatformError `BUILD_CONTEXT_INVALID` for anything unsafe, too large or damaged.
 */
export async function unpackArchive(
  archive: string | number,
  targetDir: string,
  signal: AbortSignal,
  limits: { readonly maxEntries: number; readonly maxBytes: number } = ARCHIVE_LIMITS,
): Promise<void> {
  try {
    // First a look at what is in it: a hundred thousand files are not made only to be removed again.
    await read(archive, surveyor, signal, limits);
    await read(archive, unpackerInto(targetDir), signal, limits);
  } catch (error) {
    signal.throwIfAborted();
    if (PlatformError.is(error)) throw error;
    const diskFull = explainDiskFull(error);
    if (diskFull) throw diskFull;
    throw refuse(`it cannot be unpacked: ${messageOf(error)}`, error);
  }
  const link = await findEscapingLink(targetDir);
  if (link !== undefined) throw refuse(`the link "${link}" leads out of it`);
  await removeTree(join(targetDir, '.git'));
}

/** Makes a reader of archives that does something with the entries that `filter` lets pass. */
type OpenReader = (filter: (path: string, entry: unknown) => boolean) => Parser;

const surveyor: OpenReader = (filter) => {
  const parser = new Parser({ strict: true, brotli: false, zstd: false, filter });
  parser.on('entry', (entry) => entry.resume());
  return parser;
};

function unpackerInto(targetDir: string): OpenReader {
  return (filter) =>
    new Unpack({
      cwd: targetDir,
      strict: true,
      preserveOwner: false,
      noMtime: true,
      brotli: false,
      zstd: false,
      filter,
    });
}

async function read(
  archive: string | number,
  openReader: OpenReader,
  signal: AbortSignal,
  limits: { readonly maxEntries: number; readonly maxBytes: number },
): Promise<void> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const inspect = createInspector(limits, failure.reject);
  const reader = openReader((_path, entry) => inspect(entry as ReadEntry));
  reader.on('error', failure.reject);
  const ended = once(reader, 'end');
  // It fails as well when the reader does, and may not be awaited by then.
  ended.catch(() => {});
  let hasEnded = false;
  reader.once('eof', () => (hasEnded = true));
  const maxRawBytes = limits.maxBytes + limits.maxEntries * HEADER_BYTES;

  await pipeline(
    typeof archive === 'string' ? createReadStream(archive) : readOpen(archive),
    createGunzip(),
    async (chunks: AsyncIterable<Buffer>) => {
      let rawBytes = 0;
      let trailingBytes = 0;
      for await (const chunk of chunks) {
        if (rawBytes === 0) assertUncompressed(chunk);
        rawBytes += chunk.length;
        if (rawBytes > maxRawBytes) throw refuse('it is too large');
        if (hasEnded) trailingBytes += chunk.length;
        if (trailingBytes > MAX_TRAILING_BYTES) throw refuse('it goes on after its end');
        if (hasEnded) continue;
        const isTaken = reader.write(chunk);
        // A failure ends it also while the reader is never too slow for us.
        await Promise.race([failure.promise, isTaken ? undefined : once(reader, 'drain')]);
      }
      reader.end();
      await Promise.race([ended, failure.promise]);
    },
    { signal },
  );
}

/** From its beginning, whoever has read it before. */
function readOpen(fd: number) {
  return createReadStream('', { fd, start: 0, autoClose: false });
}

function createInspector(
  limits: { readonly maxEntries: number; readonly maxBytes: number },
  onProblem: (error: PlatformError) => void,
): (entry: ReadEntry) => boolean {
  let entryCount = 0;
  let sizeBytes = 0;
  let isSound = true;
  return (entry) => {
    entryCount += 1;
    sizeBytes += entry.size;
    const problem =
      entryCount > limits.maxEntries
        ? `it has more than ${limits.maxEntries} entries`
        : sizeBytes > limits.maxBytes
          ? `it unpacks to more than ${limits.maxBytes} bytes`
          : findProblem(entry);
    if (problem !== undefined) {
      isSound = false;
      onProblem(refuse(problem));
    }
    const isExecutable = ((entry.mode ?? 0) & 0o100) !== 0;
    entry.mode = entry.type === 'Directory' || isExecutable ? 0o755 : 0o644;
    return isSound;
  };
}

function findProblem(entry: ReadEntry): string | undefined {
  if (entry.path.includes('\uFFFD')) return `the name "${entry.path}" is not UTF-8`;
  if (!isInside(entry.path)) return `the path "${entry.path}" leads out of it`;
  if (FILE_TYPES.has(entry.type) || entry.type === 'Directory') return undefined;
  if (!LINK_TYPES.has(entry.type)) return `"${entry.path}" is neither a file, a directory nor a link`;
  const target = entry.linkpath ?? '';
  if (entry.type === 'Link' && !isInside(target)) return `the link "${entry.path}" leads out of it`;
  if (target.startsWith('/')) return `the link "${entry.path}" leads out of it`;
  return undefined;
}

function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split(/[/\\]/).includes('..');
}

function assertUncompressed(chunk: Buffer): void {
  if (COMPRESSED.some((magic) => chunk.subarray(0, magic.length).equals(magic))) {
    throw refuse('it is compressed twice');
  }
}

function refuse(reason: string, cause?: unknown): PlatformError {
  return new PlatformError('BUILD_CONTEXT_INVALID', `the build context is refused: ${reason}`, {
    hint: 'Send a .tar.gz of ordinary files below the directory of the manifest.',
    cause,
  });
}
