import type { Readable } from 'node:stream';
import {
  renderRequestSchema,
  type RenderAnswer,
  type RenderRequest,
} from '@racetrack-platform/contracts/processes';
import { PlatformError, toPlatformError } from '@racetrack-platform/errors';
import { readLine } from '../protocol/read-request.ts';
import { checkImages, renderImages } from './render-images.ts';

/**
 * Serves one request to render or check Dockerfiles.
 *
 * @param input - brings the request line.
 * @returns the answer; errors are told in it.
 */
export async function serveRender(input: Readable): Promise<RenderAnswer> {
  try {
    const request = parseRequest(await readLine(input, new AbortController().signal));
    if (request.operation === 'render') return { type: 'images', images: await renderImages(request) };
    await checkImages(request);
    return { type: 'images', images: [] };
  } catch (error) {
    const { code, message, hint } = toPlatformError(error);
    return { type: 'error', code, message, hint: hint ?? null };
  }
}

function parseRequest(line: string): RenderRequest {
  const parsed = renderRequestSchema.safeParse(JSON.parse(line));
  if (parsed.success) return parsed.data;
  throw new PlatformError('BAD_REQUEST', `the request is malformed: ${parsed.error.message}`);
}
