import { PlatformError } from '@racetrack-platform/errors';
import type { Io } from '../io.ts';

/**
 * Asks on a terminal before something that cannot be undone; scripts go ahead, as with the original.
 *
 * @param refusal - what did not happen, such as `nothing was deleted`.
 * @throws {@link PlatformError} `USAGE` unless the answer is yes.
 */
export async function confirm(
  io: Pick<Io, 'stdin' | 'stderr' | 'ask'>,
  question: string,
  refusal: string,
): Promise<void> {
  if (io.stdin.kind !== 'terminal' || !io.stderr.isTerminal) return;
  const answer = await io.ask(`${question} [y/N] `, { isSecret: false });
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new PlatformError('USAGE', refusal, { hint: 'Answer y, or give --yes.' });
}
