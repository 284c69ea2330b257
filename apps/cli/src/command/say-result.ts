import type { CommandContext } from './command-context.ts';

/**
 * Says what a command did whose standard output has to stay empty, as in the original: on standard error, in pipes and
 * scripts too. `--output json` says it by its data.
 */
export function sayResult({ log, format }: CommandContext, text: string): void {
  if (format === 'json') log.info(text);
  else log.note(text);
}
