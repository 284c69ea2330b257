import { randomUUID } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * The identity of a data directory, hence of the one place where its process instances live: `DATA_DIR/host-id`, a
 * UUID, made once and never changed.
 *
 * @throws PlatformError `CONFIG_INVALID` when the file holds something else.
 */
export async function openHostId(dataDir: string): Promise<string> {
  const path = join(dataDir, 'host-id');
  const text = (await read(path)) ?? (await create(dataDir, path));
  const parsed = z.uuid().safeParse(text.trim());
  if (parsed.success) return parsed.data;
  throw new PlatformError('CONFIG_INVALID', `${path} does not hold a UUID`, {
    hint: 'Restore it from a backup. Without its own host id, this server takes its running jobs for those of another.',
  });
}

/** Identity of one control process: it begins with the host, so that a later one there knows whose leases are void. */
export function createOwner(hostId: string): string {
  return `${hostId}:${process.pid}-${randomUUID()}`;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The file appears whole and on the disk, or not at all; answers what is in it, whoever made it. */
async function create(dataDir: string, path: string): Promise<string> {
  const draft = `${path}.${randomUUID()}.new`;
  await writeDurably(draft, `${randomUUID()}\n`);
  try {
    // Unlike a rename, a link fails when the name is taken.
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  const directory = await open(dataDir, 'r');
  await directory.sync().finally(async () => await directory.close());
  return await readFile(path, 'utf8');
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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
