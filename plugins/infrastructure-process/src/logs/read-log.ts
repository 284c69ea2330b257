import { existsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { InstanceFiles } from '../files/instance-files.ts';
import { findTail } from './find-tail.ts';
import { createLineCutter, type LineCutter } from './line-cutter.ts';
import type { Rotation } from './log-rotations.ts';
import { watchForChanges } from './wait-for-change.ts';

export interface ReadLogOptions {
  /** Last lines only; all when `null`. */
  readonly tail: number | null;
  /** Goes on with what is written later, until the log is removed or the signal aborted. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly getRotation: () => Rotation;
}

/** Longest line, in bytes; longer ones come in pieces. */
const MAX_LINE_BYTES = 64 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Yields the lines of a log, oldest first, beginning in the old file where the new one has too few. Escape sequences
 * are left as they are.
 */
export async function* readLog(
  files: Pick<InstanceFiles, 'log' | 'oldLog'>,
  { tail, follow, signal, getRotation }: ReadLogOptions,
): AsyncGenerator<string, void, undefined> {
  signal.throwIfAborted();
  await using log = await openIfThere(files.log);
  if (log === undefined) return;
  using watcher = watchForChanges(files.log, signal);
  const cutter = createLineCutter(MAX_LINE_BYTES);
  let { count } = getRotation();
  const start = await findStart(log, files.oldLog, tail);
  if (start.oldOffset !== null) yield* readOld(files.oldLog, start.oldOffset, cutter);

  for (let offset = start.offset; ;) {
    const rotation = getRotation();
    if (rotation.count !== count) {
      yield* readOld(files.oldLog, Math.max(0, offset - rotation.baseOffset), cutter);
      ({ count } = rotation);
      offset = 0;
    } else if ((await log.stat()).size < offset) {
      // Emptied by someone else.
      offset = 0;
    }
    for await (const chunk of readFrom(log, offset)) {
      offset += chunk.length;
      for (const line of cutter.push(chunk)) {
        signal.throwIfAborted();
        yield line;
      }
    }
    if (!follow || !existsSync(files.log)) break;
    await watcher.wait();
    signal.throwIfAborted();
  }
  yield* cutter.flush();
}

/** Where reading begins; `oldOffset: null` when the old file is not needed. */
async function findStart(
  log: FileHandle,
  oldLog: string,
  tail: number | null,
): Promise<{ offset: number; oldOffset: number | null }> {
  if (tail === null) return { offset: 0, oldOffset: 0 };
  const recent = await findTail(log, (await log.stat()).size, tail);
  if (recent.lineCount >= tail) return { offset: recent.offset, oldOffset: null };
  await using old = await openIfThere(oldLog);
  if (old === undefined) return { offset: 0, oldOffset: null };
  const earlier = await findTail(old, (await old.stat()).size, tail - recent.lineCount);
  return { offset: 0, oldOffset: earlier.offset };
}

async function* readOld(path: string, offset: number, cutter: LineCutter): AsyncGenerator<string> {
  await using old = await openIfThere(path);
  if (old === undefined) return;
  for await (const chunk of readFrom(old, offset)) yield* cutter.push(chunk);
}

/** The buffer is used again for the next chunk. */
async function* readFrom(file: FileHandle, offset: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let position = offset; ;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
