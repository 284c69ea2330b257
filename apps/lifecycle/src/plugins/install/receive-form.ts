import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { receivePackage } from './receive-package.ts';

/** The field of the form, as in Racetrack 2.36. */
const FIELD = 'file';
const LIMITS = { files: 1, fields: 20, parts: 21, fieldSize: 1_024, headerPairs: 50, headerSize: 8_192 };

export interface ReceivedFile {
  /** The caller removes it. */
  readonly path: string;
  /** As the browser says. */
  readonly fileName: string;
}

/**
 * Writes the file of a form (RFC 7578) to a file as it arrives.
 *
 * @param directory - see {@link receivePackage}.
 * @throws PlatformError `BAD_REQUEST` when the body is no such form, or has no file; `BODY_TOO_LARGE`. Nothing is left
 *   behind then.
 */
export async function receiveForm(
  body: Readable,
  contentType: string | undefined,
  directory: string,
): Promise<ReceivedFile> {
  const parser = createParser(contentType);
  const found: { file?: Readable; name: string; path?: Promise<string> } = { name: '' };
  parser.on('file', (field, file, name) => {
    // A form that breaks off is told to its files as well, after everybody has stopped listening.
    file.on('error', () => undefined);
    if (field !== FIELD || found.path !== undefined) {
      file.resume();
      return;
    }
    const path = receivePackage(file, directory);
    // A file that cannot be kept ends the reading of the form.
    path.catch((error: unknown) => parser.destroy(error as Error));
    Object.assign(found, { file, name: name ?? '', path });
  });
  try {
    await pipeline(body, parser);
  } catch (error) {
    found.file?.destroy(error as Error);
    await found.path?.then(async (path) => await rm(path, { force: true })).catch(() => undefined);
    throw explainBroken(error);
  }
  if (found.path === undefined) throw refuse(`the form has no file in its field "${FIELD}"`);
  return { path: await found.path, fileName: found.name };
}

function createParser(contentType: string | undefined) {
  if (contentType?.startsWith('multipart/form-data') !== true) {
    throw refuse('the body is no form (multipart/form-data)');
  }
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

function explainBroken(error: unknown): unknown {
  const isSystem = error instanceof Error && 'code' in error;
  return PlatformError.is(error) || isSystem ? error : refuse(messageOf(error));
}

function refuse(problem: string): PlatformError {
  return new PlatformError('BAD_REQUEST', `the upload cannot be read: ${problem}`, {
    hint: `Send multipart/form-data with the ZIP in the field "${FIELD}", or the ZIP itself to /api/v1/plugin/upload/NAME.zip.`,
  });
}
