import { createHash, randomBytes } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { presentBytes } from '../problems.ts';
import { failureOf } from './open-address.ts';
import { presentAddress } from './present-address.ts';

/** How every ZIP begins that holds a file (APPNOTE.TXT 4.3.7), and one that holds none (4.3.16). */
const ZIP_BEGINNINGS = new Set(['PK\u0003\u0004', 'PK\u0005\u0006']);
const MAGIC_BYTES = 4;

/** How far a download is. */
export interface DownloadProgress {
  readonly bytes: number;
  /** `undefined` while the server does not say. */
  readonly totalBytes: number | undefined;
}

export interface SaveOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
  readonly signal: AbortSignal;
}

/** A file as it was received. */
export interface SavedDownload {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, in hexadecimal. */
  readonly digest: string;
}

/**
 * Writes the body of an answer into a new file, readable by its owner alone; nothing is left of one that fails.
 *
 * @throws PlatformError `PLUGIN_SOURCE_FAILED` when it is too large, cut off, or no ZIP.
 */
export async function saveDownload(
  url: URL,
  incoming: IncomingMessage,
  options: SaveOptions,
): Promise<SavedDownload> {
  const path = join(options.directory, `.download-${randomBytes(8).toString('hex')}.zip`);
  try {
    await using file = await open(path, 'wx', 0o600);
    return { path, ...(await receive(url, incoming, file, options)) };
  } catch (error) {
    await rm(path, { force: true });
    throw failureOf(url, error, options.signal);
  } finally {
    incoming.destroy();
  }
}

async function receive(
  url: URL,
  incoming: IncomingMessage,
  file: FileHandle,
  { maxBytes, onProgress, signal }: SaveOptions,
): Promise<Omit<SavedDownload, 'path'>> {
  const announced = Number(incoming.headers['content-length'] ?? Number.NaN);
  const totalBytes = Number.isSafeInteger(announced) ? announced : undefined;
  if ((totalBytes ?? 0) > maxBytes) throw tooLarge(url, maxBytes);
  const hash = createHash('sha256');
  let beginning = '';
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(url, maxBytes);
    if (beginning.length < MAGIC_BYTES) {
      beginning = (beginning + chunk.toString('latin1', 0, MAGIC_BYTES)).slice(0, MAGIC_BYTES);
      // A page that asks people to sign in, for instance: the rest need not be waited for.
      if (beginning.length === MAGIC_BYTES) assertZip(url, beginning, incoming);
    }
    hash.update(chunk);
    await writeAll(file, chunk);
    onProgress?.({ bytes, totalBytes });
  }
  if (!incoming.complete) throw new Error('the connection was cut off');
  assertZip(url, beginning, incoming);
  return { bytes, digest: hash.digest('hex') };
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

function assertZip(url: URL, beginning: string, { headers }: IncomingMessage): void {
  if (ZIP_BEGINNINGS.has(beginning)) return;
  const type = headers['content-type']?.split(';', 1)[0];
  const what =
    beginning === ''
      ? 'nothing'
      : `something that is no ZIP${type === undefined ? '' : ` (${type.slice(0, 60)})`}`;
  throw new PlatformError('PLUGIN_SOURCE_FAILED', `${presentAddress(url)} answered ${what}`, {
    hint: 'Open the address in a browser: it may ask to sign in, or lead to a page instead of the file.',
  });
}

function tooLarge(url: URL, maxBytes: number): PlatformError {
  return new PlatformError(
    'PLUGIN_SOURCE_FAILED',
    `what ${presentAddress(url)} answers is larger than ${presentBytes(maxBytes)}`,
    { hint: 'No plugin may be that large: ask its author for a smaller one.' },
  );
}
