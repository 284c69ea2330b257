import type { Command } from 'commander';
import type { Flags } from '../config.ts';

/** An import to be done. */
export interface ImportAction {
  readonly url: string;
  readonly schema: string | undefined;
  readonly authKeyFile: string | undefined;
  readonly target: string | undefined;
  readonly isDryRun: boolean;
}

interface ImportCommandDeps {
  /** Makes a command with the habits of the others. */
  readonly create: (name: string) => Command;
  readonly dataDirOption: readonly [string, string];
  readonly onAction: (action: ImportAction, flags: Flags) => void;
}

type Options = Flags & { schema?: string; authKeyFile?: string; target?: string; dryRun?: true };

const ABOUT = `
The database is only read. Put its password into PGPASSWORD rather than into the address, which every user of this
machine can see. See docs/guides/from-the-original.md.`;

/** Declares `import-original`. */
export function createImportCommand({ create, dataDirOption, onAction }: ImportCommandDeps): Command {
  return create('import-original')
    .description(
      'takes over users, tokens, permissions and jobs from the database of Racetrack 2.36; the platform must not run',
    )
    .argument('<postgres-url>', 'postgres://USER@HOST:PORT/DATABASE')
    .option(...dataDirOption)
    .option('--dry-run', 'only say what would be taken and what not, and why')
    .option(
      '--auth-key-file <file>',
      "holds the original's AUTH_KEY, for a new data directory: with it tokens go on working (default $AUTH_KEY)",
    )
    .option('--schema <name>', 'where its tables are (default public)')
    .option('--target <name>', 'infrastructure target that its jobs get here (default process)')
    .addHelpText('after', ABOUT)
    .action((url: string, _flags: Flags, command: Command) => {
      const { schema, authKeyFile, target, dryRun, ...flags } = command.optsWithGlobals<Options>();
      onAction({ url, schema, authKeyFile, target, isDryRun: dryRun === true }, flags);
    });
}
