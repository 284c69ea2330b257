import { PlatformError } from '@racetrack-platform/errors';
import { Buffer } from 'node:buffer';
import type { Io } from '../io.ts';

export interface ReadInputOptions {
  /** How long to wait for the first byte; undefined waits for ever (a person is typing). */
  readonly firstByteMs: number | undefined;
  /** How long to wait for each further piece. */
  readonly idleMs: number | undefined;
  readonly limitBytes: number;
}

/**
 * Reads standard input to its end, but never waits without a limit: scripts often hand down an open pipe that nobody
 * writes to.
 *
 * @returns the text, or undefined when no byte came in time or the input was empty.
 * @throws {@link PlatformError} `USAGE` when the input does not end or is too long; the signal's reason on Ctrl-C.
 */
export async function readInput(
  io: Pick<Io, 'stdin' | 'signal'>,
  options: ReadInputOptions,
): Promise<string | undefined> {
  io.signal.throwIfAborted();
  const stream = io.stdin.open();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const wait = (delayMs: number | undefined, onTimeout: () => void): void => {
        clearTimeout(timer);
        timer = delayMs === undefined ? undefined : setTimeout(onTimeout, delayMs);
      };
      io.signal.addEventListener('abort', () => reject(io.signal.reason as Error), { once: true });
      stream.on('data', (chunk: Buffer | string) => {
        const bytes = Buffer.from(chunk as string);
        chunks.push(bytes);
        sizeBytes += bytes.length;
        if (sizeBytes > options.limitBytes) reject(tooLong(options.limitBytes));
        wait(options.idleMs, () => reject(neverEnds()));
      });
      stream.once('end', resolve);
      stream.once('error', reject);
      wait(options.firstByteMs, resolve);
    });
  } finally {
    clearTimeout(timer);
    stream.removeAllListeners('data');
    stream.pause();
  }
  return sizeBytes === 0 ? undefined : Buffer.concat(chunks).toString('utf8');
}

function neverEnds(): PlatformError {
  return new PlatformError('USAGE', 'standard input began, but did not end', {
    hint: 'Close the pipe, or run the command with </dev/null.',
  });
}

function tooLong(limitBytes: number): PlatformError {
  return new PlatformError('USAGE', `standard input is longer than ${limitBytes} bytes`);
}
