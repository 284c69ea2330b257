import type { Stats } from 'node:fs';
import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import type { Account } from '@racetrack-platform/sandbox';

const FOLDER = 0o755;
const PROGRAM = 0o555;
const FILE = 0o444;
const EXECUTABLE = 0o100;
const OWNER_WRITE = 0o200;
const SEPARATOR = Buffer.from('/');

/**
 * Makes a tree ours and its files read-only: other accounts may read everything and change nothing. Folders stay
 * writable for us, so that whoever owns the data directory can remove it. A folder is ours before what is in it is
 * looked at, so that nobody puts links under our feet there.
 *
 * @param path - absolute; a folder in one that nobody else may write to.
 */
export async function sealTree(path: string): Promise<void> {
  await seal(Buffer.from(path));
}

/** In bytes: what pip has run chose the names, and not all of them are text. */
async function seal(path: Buffer): Promise<void> {
  const status = await lstat(path);
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid !== undefined && gid !== undefined && status.uid !== uid) await lchown(path, uid, gid);
  if (!status.isSymbolicLink()) await chmod(path, sealedMode(status));
  if (!status.isDirectory()) return;
  for (const name of await readdir(path, { encoding: 'buffer' })) await seal(joinBytes(path, name));
}

function sealedMode(status: Stats): number {
  if (status.isDirectory()) return FOLDER;
  return (status.mode & EXECUTABLE) === 0 ? FILE : PROGRAM;
}

/**
 * Gives a copy of a sealed tree to an account, to write to.
 *
 * @param path - absolute; a folder of ours that nobody else may enter yet.
 * @param account - `null`: it stays ours.
 */
export async function handOver(path: string, account: Account | null): Promise<void> {
  await giveTo(Buffer.from(path), account);
}

/** What is inside a folder before the folder itself: until then it is closed. */
async function giveTo(path: Buffer, account: Account | null): Promise<void> {
  const status = await lstat(path);
  if (status.isDirectory()) {
    for (const name of await readdir(path, { encoding: 'buffer' }))
      await giveTo(joinBytes(path, name), account);
  }
  if (!status.isSymbolicLink()) await chmod(path, (status.mode & 0o777) | OWNER_WRITE);
  if (account !== null) await lchown(path, account.uid, account.gid);
}

function joinBytes(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, SEPARATOR, name]);
}
