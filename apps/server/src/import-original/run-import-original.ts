import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rmdir } from 'node:fs/promises';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { ensureDataDirectory } from '../data-directory.ts';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';
import type { ImportAction } from './import-command.ts';

interface RunImportDeps {
  /** Absolute. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program of lifecycle that does it. */
  readonly entry: string;
  readonly nodeFlags: readonly string[];
}

/**
 * Lets lifecycle import, while no platform runs on the data directory; a dry run needs neither the lock nor a directory.
 *
 * @returns the exit code.
 */
export async function runImportOriginal(deps: RunImportDeps, action: ImportAction): Promise<number> {
  const env = await composeEnvironment(deps, action);
  if (action.isDryRun) return await run(deps, env);
  const isNew = !existsSync(deps.dataDir);
  const dataDir = await ensureDataDirectory(deps.dataDir);
  const lock = await acquireDataDirectoryLock(dataDir);
  try {
    return await run(deps, env);
  } finally {
    await lock.release();
    // Only an empty one goes: nothing came of it.
    if (isNew) await rmdir(dataDir).catch(() => undefined);
  }
}

async function run({ entry, nodeFlags }: RunImportDeps, env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [...nodeFlags, entry], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}

async function composeEnvironment(
  { dataDir, env }: RunImportDeps,
  action: ImportAction,
): Promise<NodeJS.ProcessEnv> {
  const key = action.authKeyFile === undefined ? env['AUTH_KEY'] : await readKeyFile(action.authKeyFile);
  return {
    ...env,
    RACETRACK_DATA_DIR: dataDir,
    IMPORT_URL: action.url,
    IMPORT_SCHEMA: action.schema,
    IMPORT_TARGET: action.target,
    IMPORT_AUTH_KEY: key,
    IMPORT_DRY_RUN: String(action.isDryRun),
  };
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new PlatformError('USAGE', `the file with the auth key cannot be read: ${messageOf(error)}`, {
      hint: 'Name a file that holds the AUTH_KEY of the original, and nothing else.',
    });
  }
}
