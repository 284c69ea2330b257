import { existsSync } from 'node:fs';
import type { StoreOptions } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { ensureDataDirectory } from '../data-directory.ts';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';

/** What every command on the store works with. */
export interface DbContext {
  readonly dataDir: string;
  readonly options: StoreOptions;
  /** Where the store lies, for people. */
  readonly place: string;
  readonly version: string;
  readonly writeOut: (text: string) => void;
  /** For progress, so that stdout stays the result. */
  readonly writeErr: (text: string) => void;
}

/** Looking must not make a database file. */
export function assertExists({ options, place }: DbContext): void {
  if (options.kind !== 'sqlite' || existsSync(options.path)) return;
  throw new PlatformError('NOT_FOUND', `there is no store yet: ${place}`, {
    hint: 'Name the data directory with --data-dir, or set DATABASE_URL.',
  });
}

/**
 * Runs work that no server may run beside. A database file is guarded by the lock of the data directory; with a database
 * server, whoever calls looks at the replicas.
 */
export async function withoutServer<T>({ options, dataDir }: DbContext, work: () => Promise<T>): Promise<T> {
  if (options.kind !== 'sqlite') return await work();
  const lock = await acquireDataDirectoryLock(await ensureDataDirectory(dataDir));
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
