import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

let counter = 0;

/** Writes a file (mode 0600) so that after a crash it is either the old one or the whole new one. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = await writeTemporary(path, text);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/**
 * Writes a new file (mode 0600) that is whole from the moment it can be seen.
 *
 * @returns false, and writes nothing, when the file exists already.
 */
export async function createDurably(path: string, text: string): Promise<boolean> {
  const temporary = await writeTemporary(path, text);
  try {
    await link(temporary, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(dirname(path));
  return true;
}

async function writeTemporary(path: string, text: string): Promise<string> {
  counter += 1;
  const temporary = `${path}.${process.pid}-${counter}.tmp`;
  await using file = await open(temporary, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
  return temporary;
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}
