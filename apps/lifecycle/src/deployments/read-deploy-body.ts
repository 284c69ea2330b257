import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { PlatformError, type WireError } from '@racetrack-platform/errors';
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
    const text = await receive(stream, bodyFile);
    return text === undefined
      ? await parseInWorker(bodyFile, uploadsDir)
      : await extractBuildContext(text, async (archive) => await storeArchive(uploadsDir, archive));
  } finally {
    await rm(bodyFile, { force: true });
  }
}

/** The text of a small body; `undefined` when it was written to the file. */
async function receive(stream: Readable, bodyFile: string): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  let file: ReturnType<typeof createWriteStream> | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_DEPLOY_BODY_BYTES) {
      file?.destroy();
      throw new PlatformError('BODY_TOO_LARGE', `the request body exceeds ${MAX_DEPLOY_BODY_BYTES} bytes`, {
        hint: 'Leave large files out with .gitignore, or deploy from git.',
      });
    }
    if (file === undefined && size <= MAX_INLINE_BYTES) {
      chunks.push(chunk);
      continue;
    }
    if (file === undefined) {
      file = createWriteStream(bodyFile, { mode: 0o600, flags: 'wx' });
      file.write(Buffer.concat(chunks));
    }
    if (!file.write(chunk)) await once(file, 'drain');
  }
  if (file === undefined) return Buffer.concat(chunks).toString('utf8');
  file.end();
  await once(file, 'close');
  return undefined;
}

/** Writes an archive below `uploads/` and answers its file name. */
export async function storeArchive(uploadsDir: string, archive: Buffer): Promise<string> {
  const name = `${randomUUID()}.tar.gz`;
  await writeFile(join(uploadsDir, name), archive, { mode: 0o600, flag: 'wx', flush: true });
  return name;
}

async function parseInWorker(bodyFile: string, uploadsDir: string): Promise<ParsedDeployBody> {
  const worker = new Worker(new URL('./parse-deploy-body-worker.ts', import.meta.url), {
    workerData: { bodyFile, uploadsDir },
    resourceLimits: { maxOldGenerationSizeMb: 2_048 },
  });
  try {
    const [answer] = (await once(worker, 'message')) as [{ parsed: ParsedDeployBody } | { error: WireError }];
    if ('error' in answer) throw new PlatformError(answer.error.code, answer.error.error);
    return answer.parsed;
  } finally {
    await worker.terminate();
  }
}
