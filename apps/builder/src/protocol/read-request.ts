import { isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';
import { buildRequestSchema, type BuildRequest } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';

/** Far above any real request (a manifest and two sets of variables), far below trouble. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
/** A parent that is alive writes the request at once. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Reads the one request line from standard input, and goes on reading, so that the end of the stream is noticed.
 *
 * @param input - the builder's standard input.
 * @param signal - ends the wait.
 * @throws PlatformError `BAD_REQUEST` when the line is too long, missing, late or not a build request.
 */
export async function readRequest(input: Readable, signal: AbortSignal): Promise<BuildRequest> {
  return parseRequest(await readLine(input, signal));
}

/**
 * Reads one line, and goes on reading without keeping anything.
 *
 * @throws PlatformError `BAD_REQUEST` when it is too long, missing or late.
 */
export async function readLine(input: Readable, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;

  const timer = setTimeout(() => reject(refuse('no build request arrived in time')), REQUEST_TIMEOUT_MS);
  const onData = (chunk: Buffer): void => {
    const end = chunk.indexOf(0x0a);
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
    sizeBytes += chunk.length;
    if (end !== -1) resolve(Buffer.concat(chunks).toString('utf8'));
    else if (sizeBytes > MAX_REQUEST_BYTES) reject(refuse('the build request is too large'));
  };
  const onEnd = (): void => reject(refuse('standard input ended before a build request'));
  const onAbort = (): void => reject(refuse('the builder was stopped before a build request arrived'));
  input.on('data', onData).on('end', onEnd).on('error', onEnd);
  signal.addEventListener('abort', onAbort);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    input.off('data', onData).off('end', onEnd).off('error', onEnd);
    signal.removeEventListener('abort', onAbort);
    input.resume();
  }
}

function parseRequest(line: string): BuildRequest {
  const result = buildRequestSchema.safeParse(parseJson(line));
  if (!result.success) throw refuse(`the build request is malformed: ${z.prettifyError(result.error)}`);
  const request = result.data;
  if (!isAbsolute(request.buildsDir)) throw refuse('buildsDir is not an absolute path');
  if (!/^(?:[0-9a-f]{2}){16,}$/i.test(request.secretsKey)) {
    throw refuse('secretsKey is not hexadecimal, or shorter than 16 bytes');
  }
  return request;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's own message quotes the text, which holds secrets.
    throw refuse('the build request is not JSON');
  }
}

function refuse(message: string): PlatformError {
  return new PlatformError('BAD_REQUEST', message);
}
