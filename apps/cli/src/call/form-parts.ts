import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

/** A field of a form: a text, or a file. */
export type FormPart =
  | { readonly name: string; readonly path: string; readonly text?: undefined }
  | { readonly name: string; readonly text: string; readonly path?: undefined };

/**
 * Reads which form is to be sent.
 *
 * @param files - `FIELD=PATH` each.
 * @param payload - JSON of a mapping, whose members become further fields: texts as they are, anything else as JSON.
 * @throws {@link PlatformError} `USAGE`.
 */
export function formParts(files: readonly string[], payload: string | undefined): FormPart[] {
  const fields: unknown = payload === undefined ? {} : JSON.parse(payload);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new PlatformError('USAGE', 'a list cannot be sent along with --file', {
      hint: `Give the further fields of the form as a mapping: '{"name": "value"}'`,
    });
  }
  const texts = Object.entries(fields).map(([name, value]) => ({
    name,
    text: typeof value === 'string' ? value : JSON.stringify(value),
  }));
  return [...texts, ...files.map(toFilePart)];
}

function toFilePart(argument: string): FormPart {
  const at = argument.indexOf('=');
  if (at > 0 && at < argument.length - 1) {
    return { name: argument.slice(0, at), path: argument.slice(at + 1) };
  }
  throw new PlatformError('USAGE', '--file takes FIELD=PATH', {
    hint: 'Name the parameter of the job that takes the file: --file table=fruit.csv',
  });
}

/**
 * Packs a form as `multipart/form-data` (RFC 7578).
 *
 * @returns the bytes; their type names the boundary.
 * @throws {@link PlatformError} `USAGE` when a file cannot be read.
 */
export async function packForm(cwd: string, parts: readonly FormPart[]): Promise<Blob> {
  const form = new FormData();
  for (const { name, path, text } of parts) {
    if (path === undefined) form.append(name, text);
    else form.append(name, await openFile(resolve(cwd, path)), basename(path));
  }
  return await new Response(form).blob();
}

async function openFile(path: string): Promise<Blob> {
  try {
    // A pipe or a device has no size, and may have no end.
    if (!(await stat(path)).isFile()) throw new Error('it is not a file');
    return await openAsBlob(path);
  } catch (cause) {
    throw new PlatformError('USAGE', `cannot read the file ${path}`, {
      cause,
      hint: 'Check its path and permissions.',
    });
  }
}
