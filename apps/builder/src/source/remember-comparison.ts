import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LAYOUT_VERSION, sha256 } from '../keys/cache-keys.ts';

const memorySchema = z.object({ warning: z.string().nullable() });

/**
 * Answers the comparison of a submitted manifest with that of a fetched source from memory, the second time.
 *
 * @param entryDir - of the fetched source.
 * @param submittedYaml - the manifest that was compared.
 * @param compare - makes the comparison; `undefined` when there is nothing to warn about.
 */
export async function rememberComparison(
  entryDir: string,
  submittedYaml: string,
  compare: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const path = join(entryDir, `compared-${LAYOUT_VERSION}-${sha256(submittedYaml)}.json`);
  const known = await recall(path);
  if (known !== undefined) return known.warning ?? undefined;
  const warning = await compare();
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ warning: warning ?? null }));
  await rename(draft, path);
  return warning;
}

async function recall(path: string): Promise<z.infer<typeof memorySchema> | undefined> {
  try {
    return memorySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
