import type { FileHandle } from 'node:fs/promises';

const LINE_FEED = 0x0a;
const CHUNK_BYTES = 64 * 1024;

/** Where the last lines of a file begin. */
export interface Tail {
  /** Bytes before the first of them. */
  readonly offset: number;
  /** How many there are; fewer than wanted when the file has no more. */
  readonly lineCount: number;
}

/**
 * Looks for the last lines of a file from its end, reading no more than them.
 *
 * @param sizeBytes - where the end is; what is written later does not count.
 */
export async function findTail(file: FileHandle, sizeBytes: number, wantedLines: number): Promise<Tail> {
  if (wantedLines === 0 || sizeBytes === 0) return { offset: sizeBytes, lineCount: 0 };
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let lineCount = 0;
  for (let end = sizeBytes; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    // Cut meanwhile, by the job or by a rotation: what is left is from the beginning.
    if (bytesRead === 0) break;
    for (let index = bytesRead - 1; index >= 0; index -= 1) {
      // The last byte ends the last line; every other line feed stands before a line.
      if (buffer[index] !== LINE_FEED || start + index === sizeBytes - 1) continue;
      lineCount += 1;
      if (lineCount === wantedLines) return { offset: start + index + 1, lineCount };
    }
  }
  return { offset: 0, lineCount: lineCount + 1 };
}
