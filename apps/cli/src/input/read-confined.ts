import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

/** What became of reading a file. */
export type ConfinedFile =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'missing' | 'outside' | 'not-a-file' | 'too-large' };

const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Reads a file of a folder that may come from anybody: nothing outside of it, also by way of links, nothing that never
 * ends, and nothing that keeps its reader waiting.
 *
 * @param folder - an absolute path.
 * @param path - relative to it.
 * @returns what it holds, or why it was not read.
 * @throws the system's error when it may not be read, for instance.
 */
export async function readConfined(folder: string, path: string, limitBytes: number): Promise<ConfinedFile> {
  if (leaves(folder, join(folder, path))) return { kind: 'outside' };
  try {
    const real = await realpath(join(folder, path));
    if (leaves(await realpath(folder), real)) return { kind: 'outside' };
    return await readRegular(real, limitBytes);
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code)) return { kind: 'missing' };
    throw error;
  }
}

async function readRegular(path: string, limitBytes: number): Promise<ConfinedFile> {
  // Opening a named pipe would wait for somebody to write into it.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (!(await file.stat()).isFile()) return { kind: 'not-a-file' };
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // The size that the system tells may be none, or not the last.
  for await (const chunk of file.createReadStream({
    end: limitBytes,
    autoClose: false,
  }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  return sizeBytes > limitBytes ? { kind: 'too-large' } : { kind: 'read', bytes: Buffer.concat(chunks) };
}

function leaves(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return isAbsolute(way) || way.split(sep)[0] === '..';
}
