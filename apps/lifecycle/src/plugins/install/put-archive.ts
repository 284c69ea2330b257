import { open } from 'node:fs/promises';
import { createPluginRepository, type Store } from '@racetrack-platform/db';

const PART_BYTES = 512 * 1024;

/** Puts a ZIP into the store, part by part: no change of another waits for all of it. Does nothing when it is there. */
export async function putArchive(
  { db }: Store,
  path: string,
  { digest, bytes }: { readonly digest: string; readonly bytes: number },
): Promise<void> {
  const plugins = createPluginRepository(db);
  if (await plugins.hasArchive(digest)) return;
  await using file = await open(path);
  const now = Date.now();
  const buffer = Buffer.alloc(Math.min(PART_BYTES, bytes));
  for (let part = 0, start = 0; start < bytes; part += 1, start += buffer.length) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    await plugins.putArchivePart(digest, part, buffer.subarray(0, bytesRead), now);
  }
  await plugins.completeArchive(digest, bytes);
}
