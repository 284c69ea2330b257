import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { InstanceFiles } from '../files/instance-files.ts';
import { findTail } from './find-tail.ts';
import { createLineCutter, type LineCutter } from './line-cutter.ts';
import type { Rotation } from './log-rotations.ts';
import { openLogToRead } from './open-log.ts';
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
  await using log = await openLogToRead(files.log);
  if (log === undefined) return;
  using watcher = watchForChanges(files.log, signal);
  const cutter = createLineCutter(MAX_LINE_BYTES);
  let { count } = getRotation();
  const start = await findStart(log, files.oldLog, tail);
  // A job may write faster than anyone reads: without following, what comes from now on does not count.
  const end = follow ? Number.POSITIVE_INFINITY : start.end;
  if (start.oldOffset !== null) yield* readOld(files.oldLog, { from: start.oldOffset }, cutter);

  for (let offset = start.offset; ;) {
    const rotation = getRotation();
    if (rotation.count !== count) {
      const part = { from: Math.max(0, offset - rotation.baseOffset), to: end - rotation.baseOffset };
      yield* readOld(files.oldLog, part, cutter);
      if (!follow) break;
      ({ count } = rotation);
      offset = 0;
    } else if ((await log.stat()).size < offset) {
      // Emptied by someone else.
      offset = 0;
    }
    for await (const chunk of readFrom(log, { from: offset, to: end })) {
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
): Promise<{ offset: number; oldOffset: number | null; end: number }> {
  const end = (await log.stat()).size;
  if (tail === null) return { offset: 0, oldOffset: 0, end };
  const recent = await findTail(log, end, tail);
  if (recent.lineCount >= tail) return { offset: recent.offset, oldOffset: null, end };
  await using old = await openLogToRead(oldLog);
  if (old === undefined) return { offset: 0, oldOffset: null, end };
  const earlier = await findTail(old, (await old.stat()).size, tail - recent.lineCount);
  return { offset: 0, oldOffset: earlier.offset, end };
}

/** Part of a file, in bytes; to its end when there is no `to`. */
interface Part {
  readonly from: number;
  readonly to?: number;
}

async function* readOld(path: string, part: Part, cutter: LineCutter): AsyncGenerator<string> {
  await using old = await openLogToRead(path);
  if (old === undefined) return;
  for await (const chunk of readFrom(old, part)) yield* cutter.push(chunk);
}

/** The buffer is used again for the next chunk. */
async function* readFrom(
  file: FileHandle,
  { from, to = Number.POSITIVE_INFINITY }: Part,
): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let position = from; position < to;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, to - position), position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
