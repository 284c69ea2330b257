import { constants } from 'node:fs';
import { chmod, chown, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { Account } from '@racetrack-platform/sandbox';
import { withWorkDirectory } from './work-directory.ts';

const CONFIG_FILE = 'config.yaml';
/** A plugin that puts directories in our way again and again is not waited for. */
const MAX_ATTEMPTS = 5;

/**
 * Makes the directory that is a plugin's alone and writes its configuration there, whole or not at all.
 *
 * @param account - owner of both; `null`: we are.
 * @param config - text of `config.yaml`.
 * @throws PlatformError `PLUGIN_FAILED` when the plugin keeps it from being written.
 */
export async function prepareDataDirectory(options: {
  readonly dataDir: string;
  readonly workDir: string;
  readonly account: Account | null;
  readonly config: string;
}): Promise<void> {
  const { dataDir, workDir, account, config } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await chmod(dataDir, 0o700);
  if (account !== null) await chown(dataDir, account.uid, account.gid);
  const path = join(dataDir, CONFIG_FILE);
  if (await isWritten(path, config, account)) return;
  // Made elsewhere: the plugin could put a link where it is made.
  await withWorkDirectory(workDir, async (directory) => {
    const made = join(directory, CONFIG_FILE);
    {
      await using handle = await open(made, 'wx', 0o600);
      await handle.writeFile(config);
      if (account !== null) await handle.chown(account.uid, account.gid);
      await handle.sync();
    }
    await putInPlace(made, path, directory);
  });
}

/** @param away - takes what is in the way and no file can replace: a directory of the plugin's. */
async function putInPlace(made: string, path: string, away: string): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    try {
      await rename(made, path);
      return;
    } catch (error) {
      if (!hasCode(error, 'EISDIR')) throw error;
      await rename(path, join(away, `former-${attempt}`)).catch((failure: unknown) => {
        if (!hasCode(failure, 'ENOENT')) throw failure;
      });
    }
  }
  throw new PlatformError(
    'PLUGIN_FAILED',
    `${CONFIG_FILE} cannot be written: the plugin puts directories there`,
    {
      hint: 'Uninstall the plugin, then install the version that you want.',
    },
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** What the plugin has put there may be anything: a link is not followed, and a pipe not waited for. */
async function isWritten(path: string, config: string, account: Account | null): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  await using handle = await open(path, flags).catch(() => null);
  const status = await handle?.stat();
  if (handle === null || status?.isFile() !== true || (status.mode & 0o777) !== 0o600) return false;
  if (account !== null && status.uid !== account.uid) return false;
  return status.size === Buffer.byteLength(config) && (await handle.readFile('utf8')) === config;
}
