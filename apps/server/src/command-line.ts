import { Command, CommanderError, Option } from 'commander';
import type { Flags } from './config.ts';
import { createBackupCommands, type BackupAction } from './backup/backup-command.ts';
import { createDbCommand, type DbAction } from './db/db-command.ts';
import type { DoctorOptions } from './doctor/run-doctor.ts';
import { createKeysCommand } from './keys/keys-command.ts';
import { createImportCommand, type ImportAction } from './import-original/import-command.ts';
import { SETTINGS, type Setting } from './settings.ts';
import type { AdministrationAction, AdministrationCommandDeps } from './users/administration-command.ts';
import { createUserCommand } from './users/user-command.ts';

/** What the user asked for. `answered`: help, or a wrong option; everything was said already. */
export type Invocation =
  | { readonly kind: 'run'; readonly flags: Flags }
  | { readonly kind: 'print-config'; readonly flags: Flags }
  | { readonly kind: 'stop'; readonly flags: Flags }
  | { readonly kind: 'doctor'; readonly flags: Flags; readonly options: DoctorOptions }
  | { readonly kind: 'db'; readonly flags: Flags; readonly action: DbAction }
  | { readonly kind: 'backup'; readonly flags: Flags; readonly action: BackupAction }
  | { readonly kind: 'import'; readonly flags: Flags; readonly action: ImportAction }
  | { readonly kind: 'administer'; readonly flags: Flags; readonly action: AdministrationAction }
  | { readonly kind: 'answered'; readonly exitCode: number };

interface CommandLineDeps {
  /** Writes help to stdout. */
  readonly writeOut: (text: string) => void;
  /** Writes complaints to stderr. */
  readonly writeErr: (text: string) => void;
}

/** Exit code for a wrong command line, as in the CLI. */
const USAGE_EXIT_CODE = 2;

const ALL_SETTINGS: readonly Setting[] = SETTINGS;

/** The most wanted settings that the launcher passes on without looking at them. */
const READ_BY_ROLES = [
  '  RACETRACK_ADMIN_PASSWORD: password of the first account, admin; generated and printed once when not set',
  '  RACETRACK_GIT_ALLOW_LOCAL: true lets jobs come from file:// and plain paths on this machine',
  '  RACETRACK_GIT_ALLOW_PRIVATE: true, or host names and address ranges of private networks to fetch from',
];

/**
 * Reads the arguments of the launcher.
 *
 * @param deps - where help and complaints go.
 * @param args - without the names of the interpreter and the script.
 */
export function parseCommandLine(deps: CommandLineDeps, args: readonly string[]): Invocation {
  let invocation: Invocation = { kind: 'answered', exitCode: 0 };
  const program = createCommand('npm start --', deps)
    .usage('[options] [command]')
    .description('Starts the Racetrack platform on this machine and keeps it running.')
    .option('--print-config', 'print the settings in force with the source of each, without secrets, and end')
    .action(({ printConfig, ...flags }: Flags & { printConfig?: true }) => {
      invocation = { kind: printConfig === true ? 'print-config' : 'run', flags };
    });
  for (const { flag, env, help, isList } of ALL_SETTINGS) {
    if (flag === undefined) continue;
    const option = new Option(`--${flag}`, `${help} [${env}]`);
    // With its opposite beside it, a flag that is not given is left to the environment.
    if (option.negate) program.addOption(new Option(`--${flag.replace(/^no-/, '')}`).hideHelp());
    program.addOption(isList === true ? option.argParser(joinValues) : option);
  }
  const variables = SETTINGS.filter(({ flag }) => flag === undefined).map(
    ({ env, help }) => `  ${env}: ${help}`,
  );
  program.addHelpText(
    'after',
    `\nEnvironment only:\n${[...variables, ...READ_BY_ROLES].join('\n')}\n\nStart with npm start, or tools/run apps/server/src/main.ts; all settings: docs/reference/configuration.md`,
  );
  const stop = createCommand('stop', deps)
    .description('stops the platform that runs on a data directory, and waits until it has ended')
    .option(...dataDirOption())
    .action((_flags: Flags, command: Command) => {
      invocation = { kind: 'stop', flags: command.optsWithGlobals<Flags>() };
    });
  program.addCommand(stop);
  const doctor = createCommand('doctor', deps)
    .description(
      'looks at everything the platform needs, whether it runs or not, and says what to do; exit code 70 when something fails',
    )
    .option(...dataDirOption())
    .option('--json', 'print one JSON object')
    .option(
      '--report <file>',
      'also write a report to send to somebody who helps: findings and last log lines, without secrets',
    )
    .action((_flags: Flags, command: Command) => {
      const { json, report, ...flags } = command.optsWithGlobals<Flags & { json?: true; report?: string }>();
      invocation = { kind: 'doctor', flags, options: { json: json === true, report } };
    });
  program.addCommand(doctor);
  program.addCommand(
    createDbCommand({
      create: (name) => createCommand(name, deps),
      dataDirOption: dataDirOption(),
      onAction: (action, flags) => {
        invocation = { kind: 'db', flags, action };
      },
    }),
  );
  const backups = createBackupCommands({
    create: (name) => createCommand(name, deps),
    dataDirOption: dataDirOption(),
    onAction: (action, flags) => {
      invocation = { kind: 'backup', flags, action };
    },
  });
  for (const command of backups) program.addCommand(command);
  program.addCommand(
    createImportCommand({
      create: (name) => createCommand(name, deps),
      dataDirOption: dataDirOption(),
      onAction: (action, flags) => {
        invocation = { kind: 'import', flags, action };
      },
    }),
  );
  const administration: AdministrationCommandDeps = {
    create: (name) => createCommand(name, deps),
    dataDirOption: dataDirOption(),
    onAction: (action, flags) => {
      invocation = { kind: 'administer', flags, action };
    },
  };
  program.addCommand(createUserCommand(administration));
  program.addCommand(createKeysCommand(administration));
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'answered', exitCode: error.exitCode === 0 ? 0 : USAGE_EXIT_CODE };
  }
  return invocation;
}

function createCommand(name: string, deps: CommandLineDeps): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput(deps)
    .allowExcessArguments(false)
    .showHelpAfterError('(--help lists the options)');
}

/** For an option that is given several times. */
function joinValues(value: string, earlier: string | undefined): string {
  return earlier === undefined ? value : `${earlier},${value}`;
}

function dataDirOption(): [string, string] {
  const [{ flag, env, help }] = SETTINGS;
  return [`--${flag}`, `${help} [${env}]`];
}
