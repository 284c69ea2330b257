import { PlatformError } from '@racetrack-platform/errors';
import { parseSecretEnv } from '@racetrack-platform/manifest';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Log } from '../output/log.ts';
import type { Job } from './read-job.ts';

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
  const absolute = resolve(job.root, path);
  log.info(`reading secret ${purpose} vars from ${path}`);
  let text: string;
  try {
    text = await readFile(absolute, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? "doesn't exist" : `cannot be read (${code})`;
    throw new PlatformError('SECRET_FILE_INVALID', `secret env file ${reason}: ${absolute}`, {
      cause,
      hint: `Create it, or remove secret_${purpose}_env_file from the manifest.`,
    });
  }
  return parseSecretEnv(text, path);
}
