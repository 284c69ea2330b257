import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { readInput } from '../input/read-input.ts';
import type { Io } from '../io.ts';

const INPUT_LIMIT_BYTES = 64 * 1024 * 1024;
const INPUT_IDLE_MS = 30_000;

/**
 * Reads the payload of a call.
 *
 * @param argument - JSON or YAML; `@file`, or `-` for standard input.
 * @returns JSON text. JSON is passed on as it is written.
 * @throws {@link PlatformError} `USAGE` unless it is a mapping or a list.
 */
export async function readPayload(
  io: Pick<Io, 'stdin' | 'signal' | 'cwd'>,
  argument: string,
): Promise<string> {
  const text = await readText(io, argument);
  const value = parsePayload(text);
  if (typeof value.data === 'object' && value.data !== null)
    return value.isJson ? text : JSON.stringify(value.data);
  throw new PlatformError('USAGE', 'parsing payload: given payload is not a key-value dictionary', {
    hint: `Give JSON or YAML such as '{"numbers": [40, 2]}', @file, or - for standard input.`,
  });
}

async function readText(io: Pick<Io, 'stdin' | 'signal' | 'cwd'>, argument: string): Promise<string> {
  if (argument === '-') {
    const waitMs = io.stdin.kind === 'terminal' ? undefined : INPUT_IDLE_MS;
    return (
      (await readInput(io, { firstByteMs: waitMs, idleMs: waitMs, limitBytes: INPUT_LIMIT_BYTES })) ?? ''
    );
  }
  if (!argument.startsWith('@')) return argument;
  const path = resolve(io.cwd, argument.slice(1));
  try {
    const status = await stat(path);
    // A device never ends.
    if (status.isFile() || status.isFIFO()) return await readLimited(path, io.signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (PlatformError.is(cause) || io.signal.aborted) throw cause;
    throw new PlatformError('USAGE', `cannot read the payload from ${path} (${code})`, { cause });
  }
  throw new PlatformError('USAGE', `cannot read the payload from ${path}: it is not a file`);
}

async function readLimited(path: string, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const stream = createReadStream(path, { end: INPUT_LIMIT_BYTES, signal });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  if (sizeBytes <= INPUT_LIMIT_BYTES) return Buffer.concat(chunks).toString('utf8');
  throw new PlatformError('USAGE', `the payload in ${path} is larger than 64 MiB`, {
    hint: 'Send large data as a file of a form: --file FIELD=PATH',
  });
}

function parsePayload(text: string): { readonly data: unknown; readonly isJson: boolean } {
  try {
    return { data: JSON.parse(text) as unknown, isJson: true };
  } catch {
    try {
      return { data: parse(text) as unknown, isJson: false };
    } catch (cause) {
      throw new PlatformError('USAGE', `parsing payload: ${messageOf(cause).split('\n')[0]}`, { cause });
    }
  }
}
