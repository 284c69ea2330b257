import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = 'belongings.json';

const belongingsSchema = z.object({
  account: z.object({ uid: z.number(), gid: z.number() }).nullable(),
  groupId: z.string(),
});

/** What a build has beside its workspace: whoever finds that workspace without its owner ends these as well. */
export type Belongings = z.infer<typeof belongingsSchema>;

export async function writeBelongings(workspaceDir: string, belongings: Belongings): Promise<void> {
  await writeFile(join(workspaceDir, FILE), JSON.stringify(belongings), { mode: 0o600, flag: 'wx' });
}

/** `undefined` when its owner died before it had any. */
export async function readBelongings(workspaceDir: string): Promise<Belongings | undefined> {
  const text = await readFile(join(workspaceDir, FILE), 'utf8').catch(() => '');
  try {
    return belongingsSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
