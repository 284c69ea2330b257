import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PlatformError } from '@racetrack-platform/errors';
import type { Launch } from './compose-launch.ts';
import { guardProcess } from './guard-process.ts';

/** Output may go on this long after the process: something it started holds it open. */
const OUTPUT_GRACE_MS = 500;

/** A running job. */
export interface JobProcess {
  readonly socket: string;
  readonly deploymentTimestamp: number;
  /** Resolves with the words for how it ended, such as `exit code 1`, once nothing of it runs any more. */
  readonly ended: Promise<string>;
  /** Whether it has ended. */
  readonly hasEnded: () => boolean;
  /** Asks it to end, and kills it after `graceMs`. Resolves when nothing of it runs. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a job in a process group of its own, which ends with us.
 *
 * @param onLine - one line of its output.
 * @param runDir - removed when we are killed.
 * @throws PlatformError `LAUNCH_FAILED` when the program cannot be started.
 */
export async function startJobProcess(
  launch: Launch,
  onLine: (line: string) => void,
  runDir: string,
): Promise<JobProcess> {
  const [program = '', ...args] = launch.command;
  const child = spawn(program, args, {
    cwd: launch.cwd,
    env: launch.env,
    // A group of its own: Ctrl-C is for us, and the job's calls in progress may end.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    const cause = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new PlatformError('LAUNCH_FAILED', `the job could not be started: ${cause.message}`, { cause });
  }
  const guard = guardProcess(pid, runDir);
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  let isOver = false;
  const ended = waitForEnd(child, pid).finally(() => {
    isOver = true;
    guard.dismiss();
  });
  return {
    socket: launch.socket,
    deploymentTimestamp: launch.deploymentTimestamp,
    ended,
    hasEnded: () => isOver,
    async stop(graceMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(pid), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function waitForEnd(child: ChildProcess, group: number): Promise<string> {
  return await new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      killGroup(group);
      timer = setTimeout(() => {
        for (const stream of [child.stdout, child.stderr] as (Readable | null)[]) stream?.destroy();
      }, OUTPUT_GRACE_MS);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`);
    });
  });
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
