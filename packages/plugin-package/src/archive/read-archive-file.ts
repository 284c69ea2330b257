import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { presentBytes, throwProblems } from '../problems.ts';

const CHUNK_BYTES = 1024 * 1024;

/** A file as it was read: what the digest is of is what is unpacked, whatever happens to the file meanwhile. */
export interface ReadArchive {
  readonly data: Buffer;
  /** SHA-256, in hexadecimal. */
  readonly digest: string;
}

/**
 * Reads an archive into memory.
 *
 * @throws PlatformError `NOT_FOUND`, or `PLUGIN_INVALID` for what is no file or too large.
 */
export async function readArchiveFile(
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<ReadArchive> {
  await using file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new PlatformError('NOT_FOUND', `there is no file ${path}`, {
      hint: 'Check the path.',
      cause: error,
    });
  });
  const status = await file.stat();
  if (!status.isFile()) throwProblems([`${path}: is no file`], 'Give the ZIP of a plugin.');
  if (status.size > maxBytes) {
    throwProblems(
      [`${path}: is larger than ${presentBytes(maxBytes)}`],
      'Leave out what the plugin does not need; name it in .racetrackignore.',
    );
  }
  const data = Buffer.alloc(status.size);
  const hash = createHash('sha256');
  let length = 0;
  while (length < data.length) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(data, length, Math.min(CHUNK_BYTES, data.length - length), length);
    if (bytesRead === 0) break;
    hash.update(data.subarray(length, length + bytesRead));
    length += bytesRead;
  }
  return { data: data.subarray(0, length), digest: hash.digest('hex') };
}
