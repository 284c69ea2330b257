import type { BuildStep } from '@racetrack-platform/contracts';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type { BuildOutput } from '../protocol/build-output.ts';
import { createLineSplitter } from '../protocol/line-splitter.ts';
import type { Redactor } from '../protocol/redact.ts';
import { runCommand, type CommandOutcome } from './run-command.ts';
import { substitutePlaceholders, type Placeholders } from './substitute-placeholders.ts';

/** Lines of output that an error message repeats. */
const LAST_LINES = 20;
/** Characters of a command that the log shows. */
const MAX_SHOWN_COMMAND = 300;

export interface RunStepsDeps {
  readonly output: Pick<BuildOutput, 'log'>;
  readonly redactor: Redactor;
}

export interface RunStepsOptions {
  readonly placeholders: Placeholders;
  /** The environment of every step, before its own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** What no step may change: variables that win over the step's own. */
  readonly fixedEnv: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Runs the steps of a recipe one after the other, their output going to the build log.
 *
 * @throws PlatformError `BUILD_FAILED` at the first step that fails, with its last lines of output.
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
  const lastLines: string[] = [];
  const splitter = createLineSplitter(deps.redactor, (line) => {
    deps.output.log(line);
    lastLines.push(line);
    if (lastLines.length > LAST_LINES) lastLines.shift();
  });

  deps.output.log(`${step.title}: ${presentCommand(command)}`);
  try {
    const outcome = await runCommand({
      command,
      cwd: substitute(step.cwd ?? options.placeholders.source),
      env: { ...options.env, ...substituteValues(step.env ?? {}, substitute), ...options.fixedEnv },
      signal: options.signal,
      onOutput: splitter.push,
    });
    splitter.end();
    if (outcome.kind === 'exited' && outcome.exitCode === 0) return;
    throw presentFailure(step.title, describeOutcome(outcome, command[0]), lastLines);
  } catch (error) {
    splitter.end();
    // The build's time limit is worth knowing the step and its last words; a cancelled build is not.
    if (!options.signal.aborted || !PlatformError.is(error) || error.code !== 'BUILD_FAILED') throw error;
    throw presentFailure(step.title, messageOf(error), lastLines);
  }
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

function presentFailure(title: string, reason: string, lastLines: readonly string[]): PlatformError {
  const quoted = lastLines.length === 0 ? '' : `. Its last lines:\n${lastLines.join('\n')}`;
  return new PlatformError('BUILD_FAILED', `${title}: ${reason}${quoted}`, {
    hint: 'The complete output is in the build log.',
  });
}
