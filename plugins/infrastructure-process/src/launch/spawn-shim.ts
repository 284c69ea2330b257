import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { PlatformError } from '@racetrack-platform/errors';
import { openLogForJob } from '../logs/open-log.ts';
import { SHIM, SHIM_NAME } from './shim.ts';

export interface SpawnShimOptions {
  /** The instance's directory. */
  readonly dir: string;
  readonly log: string;
  /** The job's own working directory. */
  readonly cwd: string;
  /** The job's command; the first is a path, or a name to be found by its `PATH`. */
  readonly command: readonly string[];
  /** Complete. */
  readonly env: Readonly<Record<string, string>>;
}

/** A shim that waits for permission to start the job. */
export interface WaitingShim {
  readonly pid: number;
  /** Starts the job. From here on nothing connects this process with it. */
  go(): void;
  /** Ends the shim; the job is never started. */
  abandon(): void;
}

/**
 * Spawns a shim in a session of its own, with an empty standard input for the job and its output appended to the log.
 *
 * @throws PlatformError `LAUNCH_FAILED`.
 */
export async function spawnShim({ dir, log, cwd, command, env }: SpawnShimOptions): Promise<WaitingShim> {
  const child = spawnDetached({ dir, log, cwd, command, env });
  const { stdin, pid } = child;
  // A shim that was killed meanwhile: its end is noticed by observing.
  stdin?.on('error', () => {});
  if (pid === undefined) {
    const error = await new Promise<Error>((settle) => child.once('error', settle));
    throw new PlatformError('LAUNCH_FAILED', `the process could not be started: ${error.message}`, {
      cause: error,
    });
  }
  child.unref();
  return {
    pid,
    go: () => stdin?.end('go\n'),
    abandon: () => stdin?.destroy(),
  };
}

/**
 * Checks what nobody would be told about later in plain words.
 *
 * @throws PlatformError `LAUNCH_FAILED`.
 */
export function assertStartable(cwd: string, command: readonly string[]): void {
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new PlatformError('LAUNCH_FAILED', `the working directory ${cwd} does not exist`);
  }
  if ([cwd, ...command].some((argument) => argument.includes('\0'))) {
    throw new PlatformError('LAUNCH_FAILED', 'the run command holds a NUL character');
  }
}

function spawnDetached({ dir, log, cwd, command, env }: SpawnShimOptions): ChildProcess {
  // O_APPEND: each line goes to the end, wherever that is after a rotation. It was made before, with its owner.
  const output = openLogForJob(log);
  try {
    return spawn('/bin/sh', ['-c', SHIM, SHIM_NAME, dir, ...command], {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', output, output],
    });
  } finally {
    closeSync(output);
  }
}
