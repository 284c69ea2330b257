import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { PlatformError, type WireError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { extractBuildContext, type ParsedDeployBody } from './extract-build-context.ts';

/** The original's clients send the build context as base64 in JSON; 256 MiB of body hold 192 MiB of archive. */
export const MAX_DEPLOY_BODY_BYTES = 256 * 1024 * 1024;
/** Bodies up to this size are parsed in place: it takes a few milliseconds. */
const MAX_INLINE_BYTES = 1024 * 1024;

/**
 * Reads the body of `POST /deploy`. A large one goes to a file as it arrives and is parsed in a thread of its own,
 * so that neither memory nor other requests suffer (design D3).
 *
 * @param stream - the request's body.
 * @param uploadsDir - where a build context is left, under a random name that `upload` in the result gives.
 * @throws PlatformError `BAD_REQUEST`, `BODY_TOO_LARGE`, `BUILD_CONTEXT_INVALID`; nothing is left behind then.
 */
export async function readDeployBody(stream: Readable, uploadsDir: string): Promise<ParsedDeployBody> {
  const bodyFile = join(uploadsDir, `${randomUUID()}.body`);
  try {
    const body = await receive(stream, bodyFile);
    return body === undefined
      ? await parseInWorker(bodyFile, uploadsDir)
      : await extractBuildContext(body, async (archive) => await storeArchive(uploadsDir, archive));
  } finally {
    await rm(bodyFile, { force: true });
  }
}

/** A small body; `undefined` when it was written to the file. */
async function receive(stream: Readable, bodyFile: string): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  let file: FileHandle | undefined;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_DEPLOY_BODY_BYTES) throw tooLarge();
      if (file === undefined && size > MAX_INLINE_BYTES) {
        file = await open(bodyFile, 'wx', 0o600);
        await file.writeFile(Buffer.concat(chunks));
      }
      if (file === undefined) chunks.push(chunk);
      else await file.writeFile(chunk);
    }
  } finally {
    // Also of a body that broke off: its client may come again and again.
    await file?.close();
  }
  return file === undefined ? Buffer.concat(chunks) : undefined;
}

/**
 * Refuses a body that says itself that it is too large, before any of it has come.
 *
 * @throws PlatformError `BODY_TOO_LARGE`.
 */
export function refuseLargeBody(contentLength: string | undefined): void {
  if (Number(contentLength ?? 0) > MAX_DEPLOY_BODY_BYTES) throw tooLarge();
}

function tooLarge(): PlatformError {
  return new PlatformError('BODY_TOO_LARGE', `the request body exceeds ${MAX_DEPLOY_BODY_BYTES} bytes`, {
    hint: 'Leave large files out with .gitignore, or deploy from git.',
  });
}

/** Writes an archive below `uploads/` and answers its file name. */
export async function storeArchive(uploadsDir: string, archive: Buffer): Promise<string> {
  const name = `${randomUUID()}.tar.gz`;
  failpoint('before-upload-file');
  const path = join(uploadsDir, name);
  try {
    await writeFile(path, archive, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    // A full disk leaves the part that fitted.
    await rm(path, { force: true });
    throw error;
  }
  failpoint('after-upload-file');
  return name;
}

async function parseInWorker(bodyFile: string, uploadsDir: string): Promise<ParsedDeployBody> {
  const worker = new Worker(new URL('./parse-deploy-body-worker.ts', import.meta.url), {
    workerData: { bodyFile, uploadsDir },
    resourceLimits: { maxOldGenerationSizeMb: 2_048 },
  });
  try {
    const [answer] = (await once(worker, 'message')) as [{ parsed: ParsedDeployBody } | { error: WireError }];
    if ('error' in answer) {
      const { code, error, hint } = answer.error;
      throw new PlatformError(code, error, { hint: hint ?? undefined });
    }
    return answer.parsed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    throw new PlatformError('BODY_TOO_LARGE', 'the request body holds more values than can be read', {
      hint: 'Send the manifest and the build context only.',
    });
  } finally {
    await worker.terminate();
  }
}
