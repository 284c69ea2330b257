import { PlatformError } from '@racetrack-platform/errors';
import { Buffer } from 'node:buffer';
import { Pack } from 'tar';

/** Every member carries this time, so that the same files make the same archive (a git checkout keeps no times either). */
const FIXED_TIME = new Date('2000-01-01T00:00:00Z');
/** Base64 turns three bytes into four characters. */
const BASE64_GROUP_BYTES = 3;

/** An archive as base64 text, in pieces that follow each other. */
export interface EncodedArchive {
  readonly pieces: readonly string[];
  /** Length of the base64 text. */
  readonly sizeBytes: number;
}

/**
 * Packs files into a tar.gz and encodes it, piece by piece.
 *
 * @param paths - relative to `root`; packed in this order.
 * @param limitBytes - of the encoded text.
 * @throws {@link PlatformError} `BODY_TOO_LARGE` beyond the limit, `BUILD_CONTEXT_INVALID` when a file cannot be read;
 * the signal's reason when it aborts.
 */
export async function packFiles(
  root: string,
  paths: readonly string[],
  limitBytes: number,
  signal: AbortSignal,
): Promise<EncodedArchive> {
  const pack = new Pack({
    cwd: root,
    gzip: true,
    portable: true,
    strict: true,
    mtime: FIXED_TIME,
    noDirRecurse: true,
    linkCache: new NoHardLinks(),
  });
  const pieces: string[] = [];
  let sizeBytes = 0;
  let rest = Buffer.alloc(0);
  const encode = (bytes: Buffer): void => {
    const piece = bytes.toString('base64');
    sizeBytes += piece.length;
    if (piece !== '') pieces.push(piece);
  };

  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    pack.on('error', (error: unknown) => reject(unreadable(error)));
    pack.on('data', (chunk: Buffer) => {
      const bytes = Buffer.concat([rest, chunk]);
      const wholeBytes = bytes.length - (bytes.length % BASE64_GROUP_BYTES);
      encode(bytes.subarray(0, wholeBytes));
      rest = bytes.subarray(wholeBytes);
      if (sizeBytes <= limitBytes) return;
      pack.pause();
      reject(new PlatformError('BODY_TOO_LARGE', 'the local build context is too large'));
    });
    pack.on('end', resolve);
    for (const path of paths) pack.add(path);
    pack.end();
  });
  encode(rest);
  return { pieces, sizeBytes };
}

/** Packs every name of a file as a file of its own: the server takes no hard links. */
class NoHardLinks extends Map<`${number}:${number}`, string> {
  override get(): undefined {
    return undefined;
  }
}

function unreadable(cause: unknown): PlatformError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new PlatformError('BUILD_CONTEXT_INVALID', `packing the local build context: ${text}`, { cause });
}
