import { open, rm, type FileHandle } from 'node:fs/promises';
import { connectStore, exportStore } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { assertExists, type DbContext } from './db-context.ts';
import { createProgress } from './show-progress.ts';

/**
 * Writes the store to a new file, for its owner alone. A file that could not be finished is removed.
 *
 * @throws PlatformError `ALREADY_EXISTS` rather than writing over a file.
 */
export async function exportToFile(context: DbContext, path: string): Promise<void> {
  assertExists(context);
  const file = await create(path);
  const store = connectStore(context.options);
  try {
    const { counts, sha256 } = await exportStore(store, {
      productVersion: context.version,
      write: async (text) => await file.appendFile(text),
      onProgress: createProgress(context.writeErr),
    });
    await file.sync();
    const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
    context.writeOut(
      `Exported ${rows} rows of ${context.place} to ${path} (${sha256}).\n` +
        `Secrets in it stay sealed, and the keys are not in it: keep ${context.dataDir}/keys with it, in a safe place.\n`,
    );
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
    await store.close();
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new PlatformError('ALREADY_EXISTS', `the file ${path} exists already`, {
        hint: 'Name a new file, or move that one away.',
      });
    }
    throw new PlatformError('USAGE', `the file ${path} cannot be made: ${messageOf(error)}`, {
      hint: 'Name a file in a folder that you may write to.',
    });
  }
}
