import { PlatformError } from '@racetrack-platform/errors';
import { parseSecretEnv } from '@racetrack-platform/manifest';
import { isUtf8 } from 'node:buffer';
import { isAbsolute, resolve } from 'node:path';
import { readConfined } from '../input/read-confined.ts';
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
  const remedy = `Create it, or remove ${field} from the manifest.`;
  const text = await readText(job.root, path, remedy).catch((cause: NodeJS.ErrnoException) => {
    if (PlatformError.is(cause)) throw cause;
    throw refuse(`cannot be read (${cause.code}): ${resolve(job.root, path)}`, remedy, cause);
  });
  return parseSecretEnv(text, path);
}

/** A manifest may come from somebody else: it must not make us send files from all over this machine. */
async function readText(root: string, path: string, remedy: string): Promise<string> {
  const found = isAbsolute(path)
    ? ({ kind: 'outside' } as const)
    : await readConfined(root, path, MAX_SECRET_FILE_BYTES);
  switch (found.kind) {
    case 'missing':
      throw refuse(`doesn't exist: ${resolve(root, path)}`, remedy);
    case 'outside':
      throw refuse(`lies outside of the directory of the manifest: ${path}`, 'Move it beside the manifest.');
    case 'not-a-file':
      throw refuse(`is not a file: ${path}`, 'Name a file with one variable a line.');
    case 'too-large':
      throw refuse(`is larger than a megabyte: ${path}`, 'Keep variables in it, and large data elsewhere.');
    case 'read':
      if (isUtf8(found.bytes)) return found.bytes.toString('utf8');
      throw refuse(`is not a text in UTF-8: ${path}`, 'Write binary values in base64.');
  }
}

function refuse(reason: string, hint: string, cause?: unknown): PlatformError {
  return new PlatformError('SECRET_FILE_INVALID', `secret env file ${reason}`, { cause, hint });
}
