import { PlatformError } from '@racetrack-platform/errors';
import type { Command, CommanderError } from 'commander';

/**
 * Words a parser error without repeating values: a misplaced argument may be a token.
 *
 * @param error - as thrown by commander.
 * @param command - where it happened.
 */
export function explainUsageError(error: CommanderError, command: Command | undefined): PlatformError {
  return new PlatformError('USAGE', describe(error, command), {
    hint: `Try '${pathOf(command)} --help' for help.`,
  });
}

function describe(error: CommanderError, command: Command | undefined): string {
  if (error.code === 'commander.excessArguments') {
    const expected = command?.registeredArguments.length ?? 0;
    const received = command?.args.length ?? 0;
    const takes =
      expected === 0 ? 'no arguments' : `at most ${expected} argument${expected === 1 ? '' : 's'}`;
    return `too many arguments: '${pathOf(command)}' takes ${takes}, but got ${received}`;
  }
  return error.message
    .replace(/^error: /, '')
    .replace('\n', ' ')
    .replace(/'(--?[^'=]+)=[^']*'/, "'$1'");
}

function pathOf(command: Command | undefined): string {
  const names: string[] = [];
  for (let current = command ?? null; current !== null; current = current.parent)
    names.unshift(current.name());
  return names.length === 0 ? 'racetrack' : names.join(' ');
}
