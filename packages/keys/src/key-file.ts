import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, link, mkdir, open, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

/** More than any key: a larger file is something else. */
const MAX_KEY_BYTES = 4_096;

/** The directory of keys, for its owner alone; made when missing, its mode put right. */
export async function ensureKeyDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  await chmod(path, 0o700).catch((cause: unknown) => {
    throw refuse(`${path} is open to other users`, cause);
  });
}

/**
 * Reads a key without the white space around it. One that others could read is refused, as ssh does: a person has to
 * decide whether it is still a secret.
 *
 * @returns `undefined` when there is no such file.
 * @throws PlatformError `CONFIG_INVALID` for a link, something else than a file, or a mode that lets others in.
 */
export async function readKeyFile(path: string): Promise<string | undefined> {
  const file = await openKeyFile(path);
  if (file === undefined) return undefined;
  try {
    const { mode, size, isFile } = await describeFile(file);
    if (!isFile || size > MAX_KEY_BYTES) throw refuse(`${path} is not a key file`);
    if ((mode & 0o077) !== 0) {
      throw new PlatformError('CONFIG_INVALID', `the key ${path} is open to other users`, {
        hint: `Who may have read it? If nobody: chmod 600 ${path}`,
      });
    }
    return (await file.readFile('utf8')).trim();
  } finally {
    await file.close();
  }
}

/**
 * Creates a key file, never replacing one: it appears whole, on the disk, or not at all.
 *
 * @returns the key in the file: `key`, or what another process created first.
 */
export async function createKeyFile(path: string, key: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  await writeDurably(draft, `${key}\n`);
  try {
    // Unlike a rename, a link fails when the name is taken.
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  await syncDirectory(dirname(path));
  return (await readKeyFile(path)) ?? key;
}

/** Puts a key file in the place of another one; on the disk when it returns, and at no moment is there none. */
export async function replaceKeyFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** Removes a key file, if there is one. */
export async function removeKeyFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function openKeyFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw refuse(`${path} cannot be opened`, error);
  }
}

async function describeFile(file: FileHandle): Promise<{ mode: number; size: number; isFile: boolean }> {
  const found = await file.stat();
  return { mode: found.mode, size: found.size, isFile: found.isFile() };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function refuse(message: string, cause?: unknown): PlatformError {
  return new PlatformError('CONFIG_INVALID', message, {
    cause,
    hint: 'Make it a plain file of the user who runs the server, with mode 0600 in a directory of mode 0700.',
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
