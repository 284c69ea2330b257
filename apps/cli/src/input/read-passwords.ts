import { PlatformError } from '@racetrack-platform/errors';
import type { Io } from '../io.ts';
import { readSecretArgument } from './read-secret-argument.ts';

interface Wanted {
  /** Without the colon at its end. */
  readonly prompt: string;
  /** A new one is asked for twice on a terminal, where nobody sees what is typed. */
  readonly isNew?: boolean;
}

/**
 * Reads passwords: from the terminal without echo, else from standard input, one a line. Never from the command line,
 * which other accounts of the machine can read.
 *
 * @returns as many as are wanted, in their order.
 * @throws {@link PlatformError} `USAGE` when lines are missing, or both entries of a new one differ.
 */
export async function readPasswords(
  io: Pick<Io, 'stdin' | 'signal' | 'ask'>,
  wanted: readonly Wanted[],
): Promise<readonly string[]> {
  if (io.stdin.kind !== 'terminal') return await readLines(io, wanted.length);
  const passwords: string[] = [];
  for (const { prompt, isNew = false } of wanted) {
    const password = await io.ask(`${prompt}: `, { isSecret: true });
    if (isNew && (await io.ask(`${prompt}, again: `, { isSecret: true })) !== password) {
      throw new PlatformError('USAGE', 'the two entries differ', { hint: 'Type the new password twice.' });
    }
    passwords.push(password);
  }
  return passwords;
}

async function readLines(io: Pick<Io, 'stdin' | 'signal' | 'ask'>, count: number): Promise<string[]> {
  const lines = (await readSecretArgument(io, '-')).split(/\r?\n/).slice(0, count);
  if (lines.length === count) return lines;
  throw new PlatformError('USAGE', `standard input has ${lines.length} of ${count} lines`, {
    hint: 'Write one password a line: first the one of now, then the new one.',
  });
}
