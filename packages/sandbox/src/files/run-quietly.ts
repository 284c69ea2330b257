import { spawn } from 'node:child_process';
import { PlatformError } from '@racetrack-platform/errors';

const LOWEST_PRIORITY = 19;
const ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin', LC_ALL: 'C' };

/**
 * Runs a program of the system on files that others may have made to be difficult, with the lowest priority unless
 * told otherwise.
 *
 * @param niceness - 1 to 19: the higher, the less of the processors.
 * @returns its output, whatever its exit code: such programs complain about what vanishes under them, and go on.
 * @throws PlatformError `PLUGIN_FAILED` when it could not be run to its end. The signal's reason when it is aborted.
 */
export async function runQuietly(
  program: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
  niceness = LOWEST_PRIORITY,
): Promise<string> {
  signal?.throwIfAborted();
  const child = spawn('nice', ['-n', String(niceness), program, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: ENVIRONMENT,
    cwd: '/',
  });
  const kill = (): boolean => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      child.once('error', (error) => reject(describeFailure(program, error)));
      child.once('close', (code, ended) => {
        if (signal?.aborted === true) reject(toError(signal.reason));
        else if (ended === null && code !== NOT_FOUND) resolve(output);
        else reject(describeFailure(program, new Error(ended === null ? 'not found' : `ended by ${ended}`)));
      });
    });
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** Exit code of `nice` when there is no such program. */
const NOT_FOUND = 127;

function describeFailure(program: string, cause: Error): PlatformError {
  return new PlatformError('PLUGIN_FAILED', `${program} could not be run: ${cause.message}`, {
    cause,
    hint: 'Install coreutils.',
  });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
