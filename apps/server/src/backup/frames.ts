import { invalidBackup, MAX_FRAME_BYTES } from './backup-format.ts';

/** One piece of a backup, see `backup-format.ts`. */
export interface Frame {
  readonly kind: 'json' | 'data';
  readonly payload: Buffer;
  /** The frame as it stands in the file. */
  readonly bytes: Buffer;
}

const HEAD_BYTES = 5;
const KIND_BYTES = { json: 0x4a, data: 0x44 } as const;

/** Writes one frame. */
export function encodeFrame(kind: Frame['kind'], payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = KIND_BYTES[kind];
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/**
 * Reads frames from pieces of any size.
 *
 * @throws PlatformError `BACKUP_INVALID` when the bytes are none, or end in the middle.
 */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let size = frameSize(rest); size !== undefined && rest.length >= size; size = frameSize(rest)) {
      const bytes = rest.subarray(0, size);
      rest = rest.subarray(size);
      const kind = bytes[0] === KIND_BYTES.json ? 'json' : 'data';
      yield { kind, payload: bytes.subarray(HEAD_BYTES), bytes };
    }
  }
  if (rest.length > 0) throw invalidBackup('it is cut off');
}

function frameSize(bytes: Buffer): number | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const [kind] = bytes;
  const length = bytes.readUInt32BE(1);
  if ((kind !== KIND_BYTES.json && kind !== KIND_BYTES.data) || length > MAX_FRAME_BYTES) {
    throw invalidBackup('it is damaged, or no backup');
  }
  return HEAD_BYTES + length;
}
