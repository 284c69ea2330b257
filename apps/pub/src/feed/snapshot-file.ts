import { feedRecordSchema } from '@racetrack-platform/contracts/processes';
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { createTables, type Tables } from './tables.ts';

/** What was read from disk. */
export interface LoadedSnapshot {
  readonly tables: Tables;
  /** When it was written, in milliseconds since the epoch. */
  readonly savedAtMs: number;
}

const FORMAT = 'racetrack-pub-snapshot/1';
const headerSchema = z.object({
  format: z.literal(FORMAT),
  storeId: z.string(),
  revision: z.number(),
  savedAtMs: z.number(),
});
const footerSchema = z.object({ sha256: z.string() });
/** Written at a time, so that calls are served in between. */
const RECORDS_PER_WRITE = 200;

/**
 * Writes all tables beside the file and renames, so that a reader finds the old state or the new one. The file
 * holds hashes of tokens, never tokens, and is readable by its owner only.
 */
export async function saveSnapshot(path: string, tables: Tables, nowMs: number): Promise<void> {
  const records = tables.records();
  const header = { format: FORMAT, storeId: tables.storeId, revision: tables.revision, savedAtMs: nowMs };
  const besides = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(besides, { force: true });
  const file = await open(besides, 'wx', 0o600);
  try {
    const digest = createHash('sha256');
    const write = async (text: string): Promise<void> => {
      digest.update(text);
      await file.writeFile(text);
    };
    await write(`${JSON.stringify(header)}\n`);
    for (let start = 0; start < records.length; start += RECORDS_PER_WRITE) {
      const lines = records.slice(start, start + RECORDS_PER_WRITE).map((record) => JSON.stringify(record));
      await write(`${lines.join('\n')}\n`);
    }
    await file.writeFile(`${JSON.stringify({ sha256: digest.digest('hex') })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(besides, path);
}

/**
 * Reads what {@link saveSnapshot} wrote.
 *
 * @returns `undefined` when there is no file.
 * @throws an error that says why the file cannot be used: cut off, altered, or of another format.
 */
export async function loadSnapshot(path: string): Promise<LoadedSnapshot | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseSnapshot(text);
}

function parseSnapshot(text: string): LoadedSnapshot {
  const footerAt = text.lastIndexOf('\n', text.length - 2) + 1;
  const content = text.slice(0, footerAt);
  const footer = footerSchema.parse(JSON.parse(text.slice(footerAt)));
  if (footer.sha256 !== createHash('sha256').update(content).digest('hex')) {
    throw new Error('its checksum is wrong');
  }
  const [first = '', ...lines] = content.slice(0, -1).split('\n');
  const header = headerSchema.parse(JSON.parse(first));
  const tables = createTables(header.storeId, header.revision);
  for (const line of lines) tables.put(feedRecordSchema.parse(JSON.parse(line)));
  return { tables, savedAtMs: header.savedAtMs };
}
