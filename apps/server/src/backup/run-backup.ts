import { join, resolve } from 'node:path';
import { describeStore, readStoreOptions } from '@racetrack-platform/db';
import type { BackupAction } from './backup-command.ts';
import { readPassphrase } from './read-passphrase.ts';
import { restoreBackup } from './restore-backup.ts';
import { writeBackup } from './write-backup.ts';

interface RunBackupDeps {
  /** Absolute. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/**
 * Does what `backup` or `restore` asks for.
 *
 * @returns the exit code.
 */
export async function runBackup(deps: RunBackupDeps, action: BackupAction): Promise<number> {
  const { dataDir, env } = deps;
  const file = resolve(action.file);
  const isNew = action.kind === 'backup';
  const passphrase = await readPassphrase({ file: action.passphraseFile, env, isNew });
  if (action.kind === 'restore') {
    await restoreBackup({ ...deps, file, passphrase });
    return 0;
  }
  const options = readStoreOptions(env, join(dataDir, 'store', 'racetrack.db'));
  await writeBackup(
    { ...deps, options, place: describeStore(options) },
    { file, passphrase, env, hasArtifacts: action.hasArtifacts ?? false },
  );
  return 0;
}
