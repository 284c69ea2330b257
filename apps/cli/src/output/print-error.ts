import { ERROR_CODES, EXIT_CODES, messageOf, PlatformError, scrub } from '@racetrack-platform/errors';
import type { Io } from '../io.ts';
import type { Log } from './log.ts';

/**
 * Prints what went wrong and what to do next.
 *
 * @returns the exit code that belongs to it.
 */
export function printError(log: Log, io: Pick<Io, 'env'>, error: unknown): number {
  const isExpected = PlatformError.is(error);
  log.clearStatus();
  log.note(`${log.paint.red('error:')} ${scrub(messageOf(error))}`);
  const hint = isExpected ? error.hint : 'Set RACETRACK_DEBUG=1 to see where it comes from.';
  if (hint !== undefined) log.note(`${log.paint.yellow('hint:')} ${hint}`);
  if (isTruthy(io.env['RACETRACK_DEBUG']) && error instanceof Error) log.note(scrub(stackOf(error)));
  return isExpected ? (ERROR_CODES[error.code]?.exitCode ?? EXIT_CODES.failure) : EXIT_CODES.failure;
}

function stackOf(error: Error): string {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? `${stack}\ncaused by: ${stackOf(error.cause)}` : stack;
}

function isTruthy(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value.toLowerCase());
}
