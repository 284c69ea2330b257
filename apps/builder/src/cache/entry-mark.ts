import { readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncPath, syncTree, writeDurably } from './durable-files.ts';

/** File that makes an entry complete; it is written last. */
export const COMPLETION_MARK = 'complete.json';
/** Folder of an entry that holds what was built. */
export const ENTRY_TREE = 'tree';

const entryMarkSchema = z.object({
  key: z.string(),
  /** Milliseconds since the epoch. */
  createdAtMs: z.number(),
  /** What the kind of entry records about itself. */
  details: z.unknown(),
});

export type EntryMark = z.infer<typeof entryMarkSchema>;

/** Reads the mark of an entry; `undefined` when it is absent, so the entry is not complete. */
export async function findEntryMark(entryDir: string): Promise<EntryMark | undefined> {
  const text = await readFile(join(entryDir, COMPLETION_MARK), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return entryMarkSchema.parse(JSON.parse(text));
  } catch {
    // Not written by us; the entry counts as half-built.
    return undefined;
  }
}

/** Notes that an entry was used now: control removes those first that were not for the longest time. */
export async function noteUse(entryDir: string): Promise<void> {
  const now = new Date();
  await utimes(join(entryDir, COMPLETION_MARK), now, now).catch(() => undefined);
}

/** Completes an entry: first everything in it reaches the disk, then the mark. */
export async function writeEntryMark(entryDir: string, mark: EntryMark): Promise<void> {
  await syncTree(join(entryDir, ENTRY_TREE));
  await writeDurably(join(entryDir, COMPLETION_MARK), JSON.stringify(mark));
  await syncPath(join(entryDir, '..'));
}
