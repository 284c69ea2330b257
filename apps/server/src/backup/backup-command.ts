import type { Command } from 'commander';
import type { Flags } from '../config.ts';

/** A backup to be made, or to be restored. */
export interface BackupAction {
  readonly kind: 'backup' | 'restore';
  readonly file: string;
  readonly passphraseFile: string | undefined;
  /** Of a backup: whether what jobs run from is in it. */
  readonly hasArtifacts?: boolean;
}

interface BackupCommandDeps {
  /** Makes a command with the habits of the others. */
  readonly create: (name: string) => Command;
  readonly dataDirOption: readonly [string, string];
  readonly onAction: (action: BackupAction, flags: Flags) => void;
}

type Options = Flags & { passphraseFile?: string; artifacts?: true };

const ABOUT = `
The passphrase seals the keys in the file. It is asked for, or read from the first line of a file
(--passphrase-file), or from RACETRACK_BACKUP_PASSPHRASE. See docs/guides/backup.md.`;

const VERBS = {
  backup: {
    description: 'writes store, plugins and keys to one new file; the platform may run meanwhile',
    file: 'must not exist yet',
  },
  restore: {
    description: 'makes a new data directory out of a backup',
    file: 'made by backup',
  },
} as const;

/** Declares `backup` and `restore`. */
export function createBackupCommands({ create, dataDirOption, onAction }: BackupCommandDeps): Command[] {
  return (['backup', 'restore'] as const).map((kind) => {
    const command = create(kind)
      .description(VERBS[kind].description)
      .argument('<file>', VERBS[kind].file)
      .option(...dataDirOption)
      .option('--passphrase-file <file>', 'the passphrase is its first line');
    if (kind === 'backup')
      command.option('--artifacts', 'also what jobs run from: they start without being built again');
    return command.addHelpText('after', ABOUT).action((file: string, _flags: Flags, command: Command) => {
      const { passphraseFile, artifacts, ...flags } = command.optsWithGlobals<Options>();
      onAction({ kind, file, passphraseFile, hasArtifacts: artifacts === true }, flags);
    });
  });
}
