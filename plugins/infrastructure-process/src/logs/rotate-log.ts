import { createWriteStream, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { InstanceFiles } from '../files/instance-files.ts';
import { isHollow, measureLog } from './log-use.ts';
import { openLogToCut } from './open-log.ts';

const CHUNK_BYTES = 64 * 1024;
/** A job that prints faster than we copy must not be copied for ever. */
const MAX_REST_BYTES = 4 * 1024 * 1024;
const CUT_LINE = '--- the log was cut: the job had made it larger than what it wrote ---\n';

/** All in bytes. */
export interface LogLimits {
  /** Longest log that is left alone. */
  readonly maxBytes: number;
  /** How much of a longer one may be copied: its end; without it, what is sensible for `maxBytes`. */
  readonly copyBytes?: number;
}

/**
 * Moves the content of a log that has grown too long to the old file, and empties it. The job keeps its open file: it
 * writes with O_APPEND, so it goes on at the new end. Of a log that is much too long only the last part is kept; of
 * one that is mostly a hole nothing is, and a line says so.
 *
 * What is written between the last look and the emptying, some microseconds, is lost; so is, of a job that prints
 * faster than it can be copied, what does not fit.
 *
 * @param onRotated - told right after the emptying, with the offset of the old file's first byte.
 * @returns how many bytes were copied; `null` when it was not too long.
 */
export async function rotateLog(
  files: Pick<InstanceFiles, 'log' | 'oldLog'>,
  limits: LogLimits,
  onRotated: (baseOffset: number) => void,
): Promise<number | null> {
  const found = await stat(files.log).catch(() => undefined);
  if (found === undefined || measureLog(found) <= limits.maxBytes) return null;
  await using log = await openLogToCut(files.log);
  const use = await log.stat();
  if (isHollow(use, limits.maxBytes)) {
    empty(log);
    writeSync(log.fd, CUT_LINE);
    return 0;
  }
  const baseOffset = findBaseOffset(use.size, limits);
  await moveToOld(log, files.oldLog, { from: baseOffset, to: use.size }, onRotated);
  return use.size - baseOffset;
}

function findBaseOffset(size: number, { maxBytes, copyBytes }: LogLimits): number {
  if (copyBytes !== undefined) return Math.max(0, size - copyBytes);
  return size > maxBytes * 2 ? size - maxBytes : 0;
}

async function moveToOld(
  log: FileHandle,
  oldLog: string,
  { from, to }: { from: number; to: number },
  onRotated: (baseOffset: number) => void,
): Promise<void> {
  const temporary = `${oldLog}.tmp`;
  try {
    // Made by root for root: the job never gets to the old file.
    await rm(temporary, { force: true });
    await pipeline(
      to > from ? log.createReadStream({ start: from, end: to - 1, autoClose: false }) : [],
      createWriteStream(temporary, { mode: 0o600 }),
    );
    await using old = await open(temporary, 'a');
    await rename(temporary, oldLog);
    copyRest(log, old, to);
    empty(log);
    onRotated(from);
  } catch (error) {
    // Most likely the disk is full: the copy is what can be given up.
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Synchronous, so that as little as possible is written in the meantime. */
function copyRest(log: FileHandle, old: FileHandle, fromOffset: number): void {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const end = fromOffset + MAX_REST_BYTES;
  for (let offset = fromOffset; offset < Math.min(end, fstatSync(log.fd).size);) {
    const count = readSync(log.fd, buffer, 0, Math.min(CHUNK_BYTES, end - offset), offset);
    if (count === 0) return;
    writeSync(old.fd, buffer, 0, count);
    offset += count;
  }
}

/** Also gives back what was reserved beyond the end. */
function empty(log: FileHandle): void {
  ftruncateSync(log.fd, 0);
  const { size, blocks } = fstatSync(log.fd);
  if (size > 0 || blocks === 0) return;
  // Some file systems (tmpfs) do nothing for a file that has this size already.
  ftruncateSync(log.fd, 1);
  ftruncateSync(log.fd, 0);
}
