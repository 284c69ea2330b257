import { openOriginal, type OriginalDatabase, type PostgresOptions } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { parseConfig } from '../config.ts';
import { importOriginal } from './import-original.ts';
import { openImportTarget, openTrialTarget } from './open-import-target.ts';

/** The infrastructure target that comes with the platform. */
const DEFAULT_TARGET = 'process';
const AUTH_KEY = /^[\x21-\x7e]{16,1024}$/;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Imports what the environment names: `IMPORT_URL`, `IMPORT_SCHEMA`, `IMPORT_AUTH_KEY`, `IMPORT_TARGET` and
 * `IMPORT_DRY_RUN`, beside the settings of the server.
 *
 * @param nowMs - milliseconds of the epoch.
 * @returns what to tell the user.
 * @throws PlatformError of both databases, `CONFIG_INVALID`, `KEY_MISMATCH`.
 */
export async function runImport(env: Environment, nowMs: number): Promise<string> {
  const config = parseConfig(env);
  const isTrial = env['IMPORT_DRY_RUN'] === 'true';
  const options = {
    dataDir: config.dataDir,
    store: config.store,
    authKey: config.authKey,
    secretsKey: config.secretsKey,
    originalAuthKey: readAuthKey(env['IMPORT_AUTH_KEY']),
  };
  await using original = await openNamed(readOriginal(env), env['IMPORT_SCHEMA'] || undefined);
  await using target = await (isTrial ? openTrialTarget(options) : openImportTarget(options));
  const report = await importOriginal({
    original,
    store: target.store,
    sealer: target.sealer,
    authKey: target.authKey,
    target: env['IMPORT_TARGET'] || DEFAULT_TARGET,
    nowMs,
  });
  const did = isTrial ? 'Would take' : 'Took';
  return (
    `${did} ${report.taken} rows of ${original.place}; the original stays as it is.\n\n${report.render()}` +
    'Not taken at all: past deployments with their build logs, stored asynchronous calls, plugins.\n'
  );
}

/** Refusals name DATABASE_URL, which is where the platform's own store is; here the address was an argument. */
async function openNamed(options: PostgresOptions, schema: string | undefined): Promise<OriginalDatabase> {
  try {
    return await openOriginal(options, schema);
  } catch (error) {
    if (!PlatformError.is(error)) throw error;
    const rename = (text: string): string => text.replaceAll('DATABASE_URL', 'the address of the original');
    throw new PlatformError(error.code, rename(error.message), {
      ...(error.hint !== undefined && { hint: rename(error.hint) }),
      cause: error,
    });
  }
}

function readOriginal(env: Environment): PostgresOptions {
  return {
    kind: 'postgres',
    url: withPassword(env['IMPORT_URL'] ?? '', env['PGPASSWORD']),
    ca: undefined,
  };
}

/** A password in the environment is seen by fewer than one in the address. */
function withPassword(text: string, password: string | undefined): string {
  if (password === undefined || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === '') url.password = encodeURIComponent(password);
  return url.href;
}

function readAuthKey(text: string | undefined): string | undefined {
  const key = text?.trim();
  if (key === undefined || key === '') return undefined;
  if (AUTH_KEY.test(key)) return key;
  throw new PlatformError('CONFIG_INVALID', 'the AUTH_KEY of the original is too short, or holds spaces', {
    hint: 'A key of this server has 16 printable characters at least. Leave it out: everything but tokens is then taken.',
  });
}
