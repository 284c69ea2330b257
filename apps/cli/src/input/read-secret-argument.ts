import { PlatformError } from '@racetrack-platform/errors';
import type { Io } from '../io.ts';
import { readInput } from './read-input.ts';

const LIMIT_BYTES = 64 * 1024;
const IDLE_MS = 30_000;

/**
 * Reads a secret that is an argument, or with `-` comes from standard input, where no process list shows it.
 *
 * @throws {@link PlatformError} `USAGE` when standard input brings nothing.
 */
export async function readSecretArgument(
  io: Pick<Io, 'stdin' | 'signal' | 'ask'>,
  argument: string,
): Promise<string> {
  if (argument !== '-') return argument;
  if (io.stdin.kind === 'terminal') return await io.ask('Secret: ', { isSecret: true });
  const text = await readInput(io, { firstByteMs: IDLE_MS, idleMs: IDLE_MS, limitBytes: LIMIT_BYTES });
  if (text !== undefined) return text.replace(/\r?\n$/, '');
  throw new PlatformError('USAGE', 'standard input is empty', { hint: 'Pipe the secret into the command.' });
}
