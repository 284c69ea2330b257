import { PlatformError } from '@racetrack-platform/errors';
import { parseSecretEnv } from '@racetrack-platform/manifest';
import { isUtf8 } from 'node:buffer';
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Log } from '../output/log.ts';
import type { Job } from './read-job.ts';

/** Far more than variables take. */
const MAX_SECRET_FILE_BYTES = 1_000_000;

/** Variables that travel beside the manifest. */
export interface SecretVars {
  readonly build_env: Record<string, string>;
  readonly runtime_env: Record<string, string>;
}

/**
 * Reads the secret env files that a manifest names, relative to the job's directory.
 *
 * @throws {@link PlatformError} `SECRET_FILE_INVALID`, never quoting what a file holds.
 */
export async function readSecretVars(log: Log, job: Job): Promise<SecretVars> {
  const { secret_build_env_file: build, secret_runtime_env_file: runtime } = job.manifest;
  return {
    build_env: await readSecretFile(log, job, 'build', build),
    runtime_env: await readSecretFile(log, job, 'runtime', runtime),
  };
}

/** The secret env files of a manifest, absolute. */
export function secretPaths(job: Job): string[] {
  const { secret_build_env_file: build, secret_runtime_env_file: runtime } = job.manifest;
  return [build, runtime].flatMap((path) =>
    path === undefined || path === null || path === '' ? [] : [resolve(job.root, path)],
  );
}

async function readSecretFile(
  log: Log,
  job: Job,
  purpose: 'build' | 'runtime',
  path: string | null | undefined,
): Promise<Record<string, string>> {
  if (path === undefined || path === null || path === '') return {};
  const field = `secret_${purpose}_env_file`;
  log.info(`reading secret ${purpose} vars from ${path}`);
  const text = await readConfined(job.root, path).catch((cause: NodeJS.ErrnoException) => {
    if (PlatformError.is(cause)) throw cause;
    const reason = cause.code === 'ENOENT' ? "doesn't exist" : `cannot be read (${cause.code})`;
    throw refuse(
      `${reason}: ${resolve(job.root, path)}`,
      `Create it, or remove ${field} from the manifest.`,
      cause,
    );
  });
  return parseSecretEnv(text, path);
}

/** A manifest may come from somebody else: it must not make us send files from all over this machine. */
async function readConfined(root: string, path: string): Promise<string> {
  const outside = refuse(
    `lies outside of the directory of the manifest: ${path}`,
    'Move it beside the manifest.',
  );
  if (isAbsolute(path) || leaves(root, resolve(root, path))) throw outside;
  const real = await realpath(resolve(root, path));
  if (leaves(await realpath(root), real)) throw outside;
  const status = await stat(real);
  if (!status.isFile()) throw refuse(`is not a file: ${path}`, 'Name a file with one variable a line.');
  if (status.size > MAX_SECRET_FILE_BYTES) {
    throw refuse(`is larger than a megabyte: ${path}`, 'Keep variables in it, and large data elsewhere.');
  }
  const bytes = await readFile(real);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw refuse(`is not a text in UTF-8: ${path}`, 'Write binary values in base64.');
}

function leaves(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return isAbsolute(way) || way.split(sep)[0] === '..';
}

function refuse(reason: string, hint: string, cause?: unknown): PlatformError {
  return new PlatformError('SECRET_FILE_INVALID', `secret env file ${reason}`, { cause, hint });
}
