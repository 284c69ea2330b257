import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { PlatformError } from '@racetrack-platform/errors';
import { ARCHIVE_LIMITS } from '@racetrack-platform/plugin-package';

/** Room for what a form puts around a file. */
const FORM_BYTES = 64 * 1024;
/** Of a request with a ZIP. */
export const MAX_UPLOAD_BYTES = ARCHIVE_LIMITS.archiveBytes + FORM_BYTES;

/**
 * Refuses a body that says itself that it is too large, before any of it has come.
 *
 * @throws PlatformError `BODY_TOO_LARGE`.
 */
export function refuseLargeUpload(contentLength: string | undefined): void {
  if (Number(contentLength ?? 0) > MAX_UPLOAD_BYTES) throw tooLarge();
}

/**
 * Writes a ZIP to a file as it arrives.
 *
 * @param directory - where the file goes, under a random name.
 * @returns its path; the caller removes it.
 * @throws PlatformError `BODY_TOO_LARGE`; nothing is left behind then, nor when the body breaks off.
 */
export async function receivePackage(body: Readable, directory: string): Promise<string> {
  const path = join(directory, `${randomUUID()}.zip`);
  try {
    await using file = await open(path, 'wx', 0o600);
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > ARCHIVE_LIMITS.archiveBytes) throw tooLarge();
      await file.writeFile(chunk);
    }
    return path;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Refuses a file that does not even claim to be a ZIP, in the original's words.
 *
 * @throws PlatformError `PLUGIN_INVALID`.
 */
export function assertZipName(fileName: string): void {
  if (fileName.endsWith('.zip')) return;
  throw new PlatformError('PLUGIN_INVALID', '.zip plugins are only supported', {
    hint: 'Make the ZIP with racetrack plugin bundle, and give its file a name that ends in .zip.',
  });
}

function tooLarge(): PlatformError {
  const mebibytes = ARCHIVE_LIMITS.archiveBytes / 1024 / 1024;
  return new PlatformError(
    'BODY_TOO_LARGE',
    `the ZIP of a plugin may have ${mebibytes} MiB, and this is larger`,
    {
      hint: 'Leave out what the plugin does not need; name it in .racetrackignore.',
    },
  );
}
