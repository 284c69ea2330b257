import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { messageOf } from '@racetrack-platform/errors';
import { quote, throwProblems } from '../problems.ts';
import type { PackedFile } from './check-entries.ts';

const inflate = promisify(inflateRaw);
const HINT = 'The archive is damaged or was made to deceive; get it again, or bundle the plugin anew.';

/**
 * Unpacks one file, never more than it claims to be.
 *
 * @param source - the archive as the reader knows it.
 * @throws PlatformError `PLUGIN_INVALID` when size or checksum are not as declared.
 */
export async function unpackFile(archive: Buffer, file: PackedFile, source: string): Promise<Buffer> {
  const packed = archive.subarray(file.dataStart, file.dataStart + file.packedBytes);
  const data = file.method === 0 ? packed : await inflateExactly(packed, file, source);
  if (data.length !== file.bytes) {
    refuse(source, file, `has ${data.length} bytes, not the ${file.bytes} that it declares`);
  }
  if (crc32(data) !== file.crc32) refuse(source, file, 'does not fit its checksum');
  return data;
}

async function inflateExactly(packed: Buffer, file: PackedFile, source: string): Promise<Buffer> {
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, file.bytes) });
  } catch (error) {
    const isLarger = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    const what = isLarger
      ? `is larger than the ${file.bytes} bytes that it declares`
      : `cannot be unpacked: ${messageOf(error)}`;
    return refuse(source, file, what, error);
  }
}

function refuse(source: string, file: PackedFile, problem: string, cause?: unknown): never {
  throwProblems([`${source}: ${quote(file.path)} ${problem}`], HINT, cause);
}
