import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The identity of a data directory, or undefined before the first start. */
export async function readHostId(dataDir: string): Promise<string | undefined> {
  const text = await readFile(path.join(dataDir, 'host-id'), 'utf8').catch(() => '');
  return text.trim() || undefined;
}
