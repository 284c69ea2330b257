import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { ListedJob } from './job-listing.ts';

/** Of one piece that is handed to the socket. */
const PIECE_BYTES = 256 * 1024;

/** The same list, as long as somebody has it, is the same answer. */
const kept = new WeakMap<readonly ListedJob[], Buffer[]>();

/**
 * Sends jobs as JSON. They are written already, so that neither this process nor its memory has much to do with an
 * answer of many megabytes; a slow reader holds no copy of it.
 *
 * @param jobs - never sent with other fields.
 * @param describe - further fields of a job, if there are any.
 */
export async function sendJobs<Job extends ListedJob>(
  reply: FastifyReply,
  jobs: readonly Job[],
  describe?: (job: Job) => Readonly<Record<string, unknown>>,
): Promise<FastifyReply> {
  const parts = kept.get(jobs) ?? writeParts(jobs, describe);
  kept.set(jobs, parts);
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const pieces = Readable.from(joinParts(parts), { objectMode: false, highWaterMark: PIECE_BYTES });
  return await reply
    .type('application/json; charset=utf-8')
    .header('content-length', length)
    // The framework takes the answer's type from the schema, which does not know streams.
    .send(pieces);
}

const BRACES = {
  begin: Buffer.from('['),
  next: Buffer.from('},'),
  last: Buffer.from('}]'),
  none: Buffer.from('[]'),
};

function writeParts<Job extends ListedJob>(
  jobs: readonly Job[],
  describe: ((job: Job) => Readonly<Record<string, unknown>>) | undefined,
): Buffer[] {
  if (jobs.length === 0) return [BRACES.none];
  const parts: Buffer[] = [BRACES.begin];
  for (const [index, job] of jobs.entries()) {
    parts.push(...job.json);
    if (describe !== undefined) parts.push(Buffer.from(`,${JSON.stringify(describe(job)).slice(1, -1)}`));
    parts.push(index === jobs.length - 1 ? BRACES.last : BRACES.next);
  }
  return parts;
}

function* joinParts(parts: readonly Buffer[]): Generator<Buffer> {
  let start = 0;
  let size = 0;
  for (const [index, part] of parts.entries()) {
    size += part.byteLength;
    if (size < PIECE_BYTES && index < parts.length - 1) continue;
    yield Buffer.concat(parts.slice(start, index + 1), size);
    start = index + 1;
    size = 0;
  }
}
