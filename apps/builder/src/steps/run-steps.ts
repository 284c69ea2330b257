import type { BuildStep } from '@racetrack-platform/contracts/processes';
import { DISK_FULL_HINT, PlatformError, tellsDiskFull } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { relayEnvironment } from '@racetrack-platform/sandbox';
import type { BuildConfinement } from '../confinement/build-confinement.ts';
import type { BuildOutput } from '../protocol/build-output.ts';
import type { Redactor } from '../protocol/redact.ts';
import { runCommand, type CommandOutcome } from './run-command.ts';
import { createStepLog, type StepLog } from './step-log.ts';
import { substitutePlaceholders, type Placeholders } from './substitute-placeholders.ts';

/** Lines of output that an error message repeats. */
const LAST_LINES = 20;
/** Characters of one of them: pip lists hundreds of versions in a line. */
const MAX_QUOTED_LINE = 400;
/** Characters of a command that the log shows. */
const MAX_SHOWN_COMMAND = 300;
/** Goes to the directory of a step as the account itself. */
const ENTER = ['/bin/sh', '-c', 'cd -- "$1" && shift && exec "$@"', 'sh'];

export interface RunStepsDeps {
  readonly output: Pick<BuildOutput, 'log' | 'warning' | 'isFull' | 'tailBytes' | 'leaveOut'>;
  readonly redactor: Redactor;
}

export interface RunStepsOptions {
  readonly placeholders: Placeholders;
  /** The environment of every step, before its own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** What no step may change: variables that win over the step's own. */
  readonly fixedEnv: Readonly<Record<string, string>>;
  readonly confinement: Pick<BuildConfinement, 'account' | 'compose' | 'admit'>;
  /** What a confined step sees beside the system's own. */
  readonly view: {
    readonly readOnly: readonly string[];
    readonly writable: readonly string[];
    readonly temporaryDir: string;
  };
  /** Told the size of all output, also of what the log leaves out. */
  readonly onOutput: (sizeBytes: number) => void;
  /** Looks whether a limit is the reason of a failure; aborts the signal then. */
  readonly checkLimits: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Runs the steps of a recipe one after the other, their output going to the build log.
 *
 * @throws PlatformError `BUILD_FAILED` at the first step that fails, with its last lines of output, or
 *   `BUILD_LIMIT_EXCEEDED` with the same.
 */
export async function runSteps(
  deps: RunStepsDeps,
  steps: readonly BuildStep[],
  options: RunStepsOptions,
): Promise<void> {
  for (const step of steps) await runStep(deps, step, options);
}

async function runStep(deps: RunStepsDeps, step: BuildStep, options: RunStepsOptions): Promise<void> {
  const substitute = (text: string): string => substitutePlaceholders(text, options.placeholders);
  const command = step.command.map(substitute);
  const log = createStepLog(deps, LAST_LINES);
  deps.output.log(`${step.title}: ${presentCommand(command)}`);
  try {
    failpoint('before-build-step');
    const outcome = await runConfined(step, command, substitute, log, options);
    failpoint('after-build-step');
    log.end();
    if (outcome.kind === 'exited' && outcome.exitCode === 0) return;
    await options.checkLimits();
    options.signal.throwIfAborted();
    // Without a hint: where the complete output is, knows who keeps it.
    throw new PlatformError('BUILD_FAILED', describeOutcome(outcome, command[0]));
  } catch (error) {
    log.end();
    throw presentFailure(step.title, error, log.lastLines());
  }
}

async function runConfined(
  step: BuildStep,
  command: readonly string[],
  substitute: (text: string) => string,
  log: StepLog,
  options: RunStepsOptions,
): Promise<CommandOutcome> {
  const { confinement, view, fixedEnv } = options;
  const wanted = substitute(step.cwd ?? options.placeholders.source);
  const ownEnv = { ...options.env, ...substituteValues(step.env ?? {}, substitute), ...fixedEnv };
  // Neither variables nor the directory are root's to follow: the plugin or the author of the job has chosen them.
  const cwd = confinement.account === null ? wanted : options.placeholders.source;
  const relayed =
    confinement.account === null
      ? { command, env: ownEnv }
      : relayEnvironment([...(wanted === cwd ? [] : [...ENTER, wanted]), ...command], ownEnv, fixedEnv);
  return await runCommand({
    command: await confinement.compose(relayed.command, { ...view, cwd }),
    cwd,
    env: relayed.env,
    signal: options.signal,
    onOutput(chunk) {
      options.onOutput(chunk.length);
      log.push(chunk);
    },
    admit: confinement.admit,
  });
}

function presentCommand(command: readonly string[]): string {
  const text = command.join(' ').replaceAll(/\s+/g, ' ');
  return text.length > MAX_SHOWN_COMMAND ? `${text.slice(0, MAX_SHOWN_COMMAND)}…` : text;
}

function substituteValues(
  env: Readonly<Record<string, string>>,
  substitute: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, substitute(value)]));
}

function describeOutcome(outcome: CommandOutcome, program: string | undefined): string {
  switch (outcome.kind) {
    case 'exited':
      return `the command failed with exit code ${outcome.exitCode}`;
    case 'killed':
      return `the command was killed by ${outcome.signal}`;
    case 'not-started':
      return `the command ${program} could not be started: ${outcome.reason}`;
  }
}

/** Secrets are out of it already: half a one would not be recognised any more. */
function shorten(line: string): string {
  return line.length > MAX_QUOTED_LINE ? `${line.slice(0, MAX_QUOTED_LINE)}…` : line;
}

/** A failure and an exceeded limit are worth knowing the step and its last words; a cancelled build is not. */
function presentFailure(title: string, error: unknown, lastLines: readonly string[]): unknown {
  if (!PlatformError.is(error) || !/^BUILD_(?:FAILED|LIMIT_EXCEEDED)$/.test(error.code)) return error;
  const quoted = lastLines.length === 0 ? '' : `. Its last lines:\n${lastLines.map(shorten).join('\n')}`;
  return new PlatformError(error.code, `${title}: ${error.message}${quoted}`, {
    hint: tellsDiskFull(quoted) ? DISK_FULL_HINT : error.hint,
    cause: error,
  });
}
