import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetaRepository } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { inspectKeys } from '@racetrack-platform/keys';
import type { KeyFiles } from './wrap-keys.ts';

const FROM_ENVIRONMENT = {
  'auth.key': 'RACETRACK_AUTH_KEY',
  'secrets.key': 'RACETRACK_SECRETS_KEY',
} as const;

/**
 * Reads every key of a data directory, and those given in the environment, under the names of their files.
 *
 * @throws PlatformError `KEY_MISMATCH` or `CONFIG_INVALID` when one is missing, or not the key of the store: a backup
 *   without its keys could not be used.
 */
export async function collectKeys(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
  meta: Pick<MetaRepository, 'find'>,
): Promise<KeyFiles> {
  const given = {
    authKey: env['RACETRACK_AUTH_KEY'] || undefined,
    secretsKey: env['RACETRACK_SECRETS_KEY'] || undefined,
  };
  await assertKeysFit({ dataDir, env: given }, meta);
  const folder = join(dataDir, 'keys');
  const names = await readdir(folder, { withFileTypes: true });
  const keys: Record<string, string> = {};
  for (const entry of names) {
    // `.next`: a rotation was cut short, and which of the two fits is decided at the start.
    if (entry.isFile() && /\.key(?:\.next)?$/.test(entry.name)) {
      keys[entry.name] = (await readFile(join(folder, entry.name), 'utf8')).trim();
    }
  }
  for (const [name, variable] of Object.entries(FROM_ENVIRONMENT)) {
    const value = env[variable]?.trim();
    if (value !== undefined && value !== '') keys[name] = value;
  }
  return keys;
}

/** @throws PlatformError when a key is missing, malformed, or not the one of the store. */
export async function assertKeysFit(
  sources: Parameters<typeof inspectKeys>[0],
  meta: Pick<MetaRepository, 'find'>,
): Promise<void> {
  const facts = new Map<string, string>();
  for (const name of ['auth_key_check', 'secrets_key_check']) {
    const value = await meta.find(name);
    if (value !== undefined) facts.set(name, value);
  }
  for (const report of await inspectKeys(sources, facts)) {
    if (report.state === 'refused') throw report.error;
    if (report.state === 'fits') continue;
    throw new PlatformError(
      'NOT_FOUND',
      'no server was started on this data directory: there are no keys yet',
      {
        hint: 'Name the data directory with --data-dir.',
      },
    );
  }
}
