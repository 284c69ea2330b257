import { isUtf8 } from 'node:buffer';
import { PlatformError } from '@racetrack-platform/errors';

/** A deploy body without its build context. */
export interface ParsedDeployBody {
  /** The JSON value, unvalidated. */
  readonly payload: unknown;
  /** Name under which the build context was stored; `null` when there was none. */
  readonly upload: string | null;
}

/** No manifest comes near it. */
const MAX_DEPTH = 64;
/** The first two bytes of every gzip file (RFC 1952, 2.3.1). */
const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Parses the JSON of a deploy request and takes the build context out of it.
 *
 * @param store - keeps the decoded archive and answers its name.
 * @throws PlatformError `BAD_REQUEST` when it is no JSON object, `BUILD_CONTEXT_INVALID` when the context is no base64
 *   of a gzip file. What the archive holds is the builder's to judge.
 */
export async function extractBuildContext(
  body: Buffer,
  store: (archive: Buffer) => Promise<string>,
): Promise<ParsedDeployBody> {
  if (!isUtf8(body)) throw badRequest('the request body is not UTF-8');
  const payload = parseObject(body.toString('utf8'));
  const context = payload['build_context'];
  if (context === undefined || context === null || context === '') return { payload, upload: null };
  if (typeof context !== 'string') throw invalid('it is not a string');
  const archive = Buffer.from(context, 'base64');
  if (GZIP_MAGIC.some((byte, index) => archive[index] !== byte))
    throw invalid('it is not base64 of a tar.gz file');
  const { build_context: _taken, ...rest } = payload;
  return { payload: rest, upload: await store(archive) };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Only where: the parser's own message quotes the text, which may hold secrets.
    const where = error instanceof Error ? (/ at position \d+/.exec(error.message)?.[0] ?? '') : '';
    throw badRequest(`the request body is not JSON: it breaks${where === '' ? ' off' : where}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('the request body is not a JSON object');
  }
  refuseDeep(value);
  return value as Record<string, unknown>;
}

/** Level by level, for whoever walks into such a value by recursion falls over. */
function refuseDeep(value: object): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw badRequest(`the request body is nested deeper than ${MAX_DEPTH} levels`);
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
}

function badRequest(message: string): PlatformError {
  return new PlatformError('BAD_REQUEST', message, {
    hint: 'Send a JSON object with the field manifest, as on the API page at /lifecycle/.',
  });
}

function invalid(why: string): PlatformError {
  return new PlatformError('BUILD_CONTEXT_INVALID', `build_context: ${why}`, {
    hint: 'Send base64 of a .tar.gz of the directory of the manifest, or leave the field out to build from git.',
  });
}
