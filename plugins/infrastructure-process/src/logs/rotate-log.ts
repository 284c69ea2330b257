import { createReadStream, createWriteStream, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { InstanceFiles } from '../files/instance-files.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * Moves the content of a log that has grown too long to the old file, and empties it. The job keeps its open file: it
 * writes with O_APPEND, so it goes on at the new end. Of a log that is much too long only the last part is kept.
 *
 * What is written between the last look and the emptying, some microseconds, is lost.
 *
 * @param onRotated - told right after the emptying, with the offset of the old file's first byte.
 * @returns whether it was too long.
 */
export async function rotateLog(
  files: Pick<InstanceFiles, 'log' | 'oldLog'>,
  maxBytes: number,
  onRotated: (baseOffset: number) => void,
): Promise<boolean> {
  const size = (await stat(files.log).catch(() => undefined))?.size ?? 0;
  if (size <= maxBytes) return false;
  const baseOffset = size > maxBytes * 2 ? size - maxBytes : 0;
  const temporary = `${files.oldLog}.tmp`;
  try {
    await pipeline(
      createReadStream(files.log, { start: baseOffset, end: size - 1 }),
      createWriteStream(temporary, { mode: 0o600 }),
    );
    await using log = await open(files.log, 'r+');
    await using old = await open(temporary, 'a');
    await rename(temporary, files.oldLog);
    copyRest(log, old, size);
    ftruncateSync(log.fd, 0);
    onRotated(baseOffset);
    return true;
  } catch (error) {
    // Most likely the disk is full: the copy is what can be given up.
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Synchronous, so that as little as possible is written in the meantime. */
function copyRest(log: FileHandle, old: FileHandle, fromOffset: number): void {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let offset = fromOffset; offset < fstatSync(log.fd).size;) {
    const count = readSync(log.fd, buffer, 0, CHUNK_BYTES, offset);
    if (count === 0) return;
    writeSync(old.fd, buffer, 0, count);
    offset += count;
  }
}
