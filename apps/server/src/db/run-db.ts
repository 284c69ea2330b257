import { join } from 'node:path';
import { describeStore, readStoreOptions } from '@racetrack-platform/db';
import type { DbAction } from './db-command.ts';
import { exportToFile } from './export-to-file.ts';
import { importFromFile } from './import-from-file.ts';
import { migrateNow } from './migrate-now.ts';
import { showStatus } from './show-status.ts';
import type { DbContext } from './db-context.ts';

interface RunDbDeps {
  /** Absolute. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/**
 * Does what `db …` asks for.
 *
 * @returns the exit code.
 * @throws PlatformError of the store.
 */
export async function runDb({ env, ...deps }: RunDbDeps, action: DbAction): Promise<number> {
  const options = readStoreOptions(env, join(deps.dataDir, 'store', 'racetrack.db'));
  const context: DbContext = { ...deps, options, place: describeStore(options) };
  switch (action.kind) {
    case 'migrate':
      await migrateNow(context);
      return 0;
    case 'status':
      await showStatus(context, action.json);
      return 0;
    case 'export':
      await exportToFile(context, action.file);
      return 0;
    case 'import':
      await importFromFile(context, action.file);
      return 0;
  }
}
