import { PlatformError } from '@racetrack-platform/errors';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { clientConfigSchema, type ClientConfig } from './client-config.ts';
import { withFileLock } from './file-lock.ts';

type ConfigDeps = Pick<CommandContext, 'log' | 'io'>;

const OWNER_ONLY = 0o600;

/**
 * Loads the client's configuration; a missing or empty file means defaults. A file that others may read or write is
 * repaired, with a warning.
 *
 * @throws {@link PlatformError} `CONFIG_INVALID` when the file cannot be understood.
 */
export async function loadConfig(deps: ConfigDeps, path: string): Promise<ClientConfig> {
  const text = await readIfThere(path);
  if (text !== undefined) await repairPermissions(deps, path);
  return parseConfig(text ?? '', path);
}

/**
 * Changes the configuration: load, change, save under a lock, so that two commands at once lose nothing. The file is
 * replaced as a whole and readable by its owner alone.
 *
 * @param change - gets the current configuration and returns the new one.
 */
export async function updateConfig(
  deps: ConfigDeps,
  path: string,
  change: (config: ClientConfig) => ClientConfig,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await withFileLock(`${path}.lock`, deps.io.signal, async () => {
    await replaceFile(path, renderConfig(change(await loadConfig(deps, path))));
  });
}

/** Renders the configuration with sorted keys, quoted for readers of YAML 1.1 such as the original client. */
export function renderConfig(config: ClientConfig): string {
  return stringify(config, { version: '1.1', sortMapEntries: true, lineWidth: 0 });
}

function parseConfig(text: string, path: string): ClientConfig {
  const hint = 'Correct the file, or move it away and log in again.';
  let data: unknown;
  try {
    data = parse(text, { version: '1.1' }) ?? {};
  } catch (cause) {
    // The parser's message quotes the line, which may hold a token: only its first line, the position, is shown.
    const where = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
    throw new PlatformError('CONFIG_INVALID', `loading client config failed: ${path}: ${where}`, { hint });
  }
  const result = clientConfigSchema.safeParse(data);
  if (result.success) return result.data;
  throw new PlatformError(
    'CONFIG_INVALID',
    `loading client config failed: ${path}: ${z.prettifyError(result.error)}`,
    {
      hint,
    },
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new PlatformError('CONFIG_INVALID', `loading client config failed: cannot read ${path} (${code})`, {
      cause,
      hint: 'Check that it is a file of yours, or set RACETRACK_CONFIG.',
    });
  }
}

async function repairPermissions({ log }: ConfigDeps, path: string): Promise<void> {
  const { mode } = await stat(path);
  const problem = describeExposure(mode);
  if (problem === undefined) return;
  try {
    await chmod(path, OWNER_ONLY);
    log.warn(`Config file ${path} was ${problem}; its permissions are 600 now.`);
  } catch {
    log.warn(`Config file ${path} is ${problem}! Change permissions to 600.`);
  }
}

/** The worst exposure first, in the original's words. */
function describeExposure(mode: number): string | undefined {
  if ((mode & 0o004) !== 0) return 'readable by others';
  if ((mode & 0o040) !== 0) return 'readable by group';
  if ((mode & 0o002) !== 0) return 'writable by others';
  return (mode & 0o020) === 0 ? undefined : 'writable by group';
}

async function replaceFile(path: string, text: string): Promise<void> {
  // Behind a link, such as one into a repository of dot files, the file itself is replaced and the link stays.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new PlatformError(
      'CONFIG_INVALID',
      `cannot write ${path} (${(cause as NodeJS.ErrnoException).code})`,
      {
        cause,
        hint: 'Check the permissions of its directory, or set RACETRACK_CONFIG.',
      },
    );
  }
}
