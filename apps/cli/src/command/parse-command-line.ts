import { type Argument, Command, CommanderError, Option } from 'commander';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './command-spec.ts';
import { REMOTE_ARGUMENT } from '../commands/shared-options.ts';
import { explainUsageError } from './explain-usage-error.ts';

/** A command line that can be run. */
export interface Invocation {
  readonly kind: 'run';
  readonly spec: CommandSpec;
  /** Arguments and options by their lower camel case names; not checked yet. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly format: 'text' | 'json';
  readonly isVerbose: boolean;
}

/** A command line that is answered with help. */
export interface HelpRequest {
  readonly kind: 'help';
  readonly text: string;
  readonly exitCode: number;
}

const SHARED_OPTIONS: readonly OptionSpec[] = [
  { flags: '--output <format>', summary: 'what to print on standard output', choices: ['text', 'json'] },
  { flags: '-v, --verbose', summary: 'show more: requests, and the build log while deploying' },
];
/** What commander and `buildCommand` say of a command line to which something is missing. */
const BARE_CODES = new Set([
  'racetrack.bare',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
]);
/** Columns of help texts; the same everywhere, so that it can be compared. */
const HELP_WIDTH = 100;
const GROUP_SUMMARIES: Record<string, string> = {
  set: 'Set the current remote, an alias, or credentials of a git repository',
  get: 'Show the current remote, its Pub, a token, or the configuration',
  permission: 'Show, explain, give and take permissions',
  'public-endpoint': 'Open endpoints of jobs to callers without a token, and close them',
  keys: 'Show and replace the keys of the server',
  orphan: 'Look after instances that run and that no job owns',
  maintenance: 'Turn maintenance mode on and off',
  audit: 'Show who did what',
  user: 'Register, change your password, look after accounts',
  token: 'Look after your tokens',
  esc: 'Look after external services that call jobs',
  plugin: 'Make plugins, and manage those of the server',
};

/**
 * Parses a command line. Prints nothing and runs nothing.
 *
 * @throws `PlatformError` `USAGE` with a hint where to look.
 */
export async function parseCommandLine(
  argv: readonly string[],
  specs: readonly CommandSpec[],
): Promise<Invocation | HelpRequest> {
  const state: ParseState = { printed: '', invocation: undefined, failed: undefined };
  const program = buildProgram(specs, state);
  try {
    await program.parseAsync(replaceVersionFlag(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return answerCommanderError(error, state);
  }
  return state.invocation ?? { kind: 'help', text: program.helpInformation(), exitCode: 0 };
}

interface ParseState {
  printed: string;
  invocation: Invocation | undefined;
  failed: { readonly command: Command; readonly spec: CommandSpec | undefined } | undefined;
}

function answerCommanderError(error: CommanderError, state: ParseState): HelpRequest {
  if (error.code === 'commander.helpDisplayed') return { kind: 'help', text: state.printed, exitCode: 0 };
  if (error.code === 'commander.help') {
    // A group without its verb exits with 2 as in the original, the bare program with 0.
    const isGroup = error.exitCode !== 0 && state.failed?.command.parent !== null;
    return { kind: 'help', text: state.printed, exitCode: isGroup ? 2 : 0 };
  }
  const { command, spec } = state.failed ?? {};
  // A wrong option is found before arguments are read, and deserves its own message.
  const isBare =
    BARE_CODES.has(error.code) && command?.args.length === 0 && Object.keys(command.opts()).length === 0;
  if (command !== undefined && spec?.showsHelpWhenBare === true && isBare) {
    return { kind: 'help', text: fullHelp(command, state), exitCode: 2 };
  }
  throw explainUsageError(error, command);
}

function fullHelp(command: Command, state: ParseState): string {
  state.printed = '';
  command.outputHelp();
  return state.printed;
}

/** `racetrack --version` is `racetrack version`; `--version` of a command is an option of its own. */
function replaceVersionFlag(argv: readonly string[]): string[] {
  const index = argv.findIndex((word) => word !== '-v' && word !== '--verbose');
  return argv[index] === '--version' || argv[index] === '-V'
    ? argv.with(index, 'version').slice()
    : argv.slice();
}

function buildProgram(specs: readonly CommandSpec[], state: ParseState): Command {
  const program = buildGroup(
    'racetrack',
    'Turns a git repository into a running, secured HTTP service.',
    state,
  );
  const groups = new Map<string, Command>();
  for (const spec of specs) {
    const [first, second] = spec.path;
    if (second === undefined) {
      program.addCommand(buildCommand(first, spec, state));
      continue;
    }
    const group = groups.get(first) ?? buildGroup(first, GROUP_SUMMARIES[first] ?? '', state);
    if (!groups.has(first)) program.addCommand(group);
    groups.set(first, group);
    group.addCommand(buildCommand(second, spec, state));
  }
  return program.addHelpText(
    'after',
    '\nStart with: racetrack set remote URL, racetrack login --username NAME, then racetrack deploy\n',
  );
}

function buildGroup(name: string, summary: string, state: ParseState): Command {
  const group = prepare(new Command(name), undefined, state).description(summary).enablePositionalOptions();
  for (const option of SHARED_OPTIONS) group.addOption(buildOption(option));
  return group;
}

/** Behaviour that all commands share. */
function prepare(command: Command, spec: CommandSpec | undefined, state: ParseState): Command {
  const print = (text: string): void => void (state.printed += text);
  return command
    .configureOutput({
      writeOut: print,
      writeErr: print,
      outputError: () => undefined,
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    })
    .configureHelp({
      visibleArguments: ({ registeredArguments }) => registeredArguments.filter(isShown),
      subcommandTerm: (subcommand) => [subcommand.name(), ...usageOfArguments(subcommand)].join(' '),
      commandUsage: usageOf,
    })
    .exitOverride((error) => {
      state.failed ??= { command, spec };
      throw error;
    });
}

/** Forms of older versions are understood, but not offered. */
function isShown(argument: Argument): boolean {
  return argument.name() !== REMOTE_ARGUMENT.name;
}

function usageOf(command: Command): string {
  const names = [command.name()];
  for (let { parent } = command; parent !== null; { parent } = parent) names.unshift(parent.name());
  const rest = command.commands.length === 0 ? usageOfArguments(command) : ['<command>'];
  return [...names, '[options]', ...rest].join(' ');
}

function usageOfArguments({ registeredArguments }: Command): string[] {
  return registeredArguments.filter(isShown).map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
}

function buildCommand(name: string, spec: CommandSpec, state: ParseState): Command {
  const command = prepare(new Command(name), spec, state).description(spec.summary).helpCommand(false);
  for (const argument of spec.arguments) {
    const name = argument.isVariadic === true ? `${argument.name}...` : argument.name;
    command.argument(argument.isRequired ? `<${name}>` : `[${name}]`, argument.summary);
  }
  for (const option of [...spec.options, ...SHARED_OPTIONS]) command.addOption(buildOption(option));
  command.addHelpText('after', `\nExample:\n  racetrack ${spec.example}\n`);
  return command.action(() => {
    if (spec.showsHelpWhenBare === true && command.args.length === 0 && isWithoutOptions(command)) {
      state.failed = { command, spec };
      throw new CommanderError(2, 'racetrack.bare', 'no arguments');
    }
    state.invocation = readInvocation(command, spec);
  });
}

function isWithoutOptions(command: Command): boolean {
  return Object.keys(command.opts()).every((name) => command.getOptionValueSource(name) !== 'cli');
}

function buildOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.summary);
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.isRequired === true) option.makeOptionMandatory();
  if (spec.isHidden === true) option.hideHelp();
  if (spec.isRepeatable === true) makeRepeatable(option, spec);
  return option;
}

function makeRepeatable(option: Option, spec: OptionSpec): void {
  const check = option.parseArg?.bind(option);
  option.argParser((value: string, previous: readonly string[] | undefined) => {
    if (spec.choices !== undefined) check?.(value, undefined);
    return [...(previous ?? []), value];
  });
}

function readInvocation(command: Command, spec: CommandSpec): Invocation {
  const { verbose, output, ...options } = command.opts<Record<string, unknown>>();
  let parent = command.parent;
  let isVerbose = verbose === true;
  let format = output;
  for (; parent !== null; { parent } = parent) {
    const inherited = parent.opts<Record<string, unknown>>();
    isVerbose ||= inherited['verbose'] === true;
    format ??= inherited['output'];
  }
  return {
    kind: 'run',
    spec,
    input: { ...readArguments(command, spec.arguments), ...options },
    format: format === 'json' ? 'json' : 'text',
    isVerbose,
  };
}

function readArguments(command: Command, specs: readonly ArgumentSpec[]): Record<string, unknown> {
  const pairs = specs.map(({ name, isVariadic }, index) => {
    const value = isVariadic === true ? command.args.slice(index) : command.args[index];
    return [camelCase(name), value] as const;
  });
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

function camelCase(name: string): string {
  return name.toLowerCase().replaceAll(/[_-](\w)/g, (_match, letter: string) => letter.toUpperCase());
}
