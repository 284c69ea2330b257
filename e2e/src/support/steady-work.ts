import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('./steady-work-process.ts', import.meta.url));

/**
 * Computes the same small thing again and again in a process of its own, beside whatever else the machine does: how
 * much slower it gets is what the machine takes from any program, whoever schedules it.
 *
 * @returns the way to stop: milliseconds of every piece, ascending.
 */
export function startSteadyWork(): () => Promise<readonly number[]> {
  const child = fork(ENTRY, { execArgv: [] });
  return async () => {
    const answered = once(child, 'message') as Promise<[number[]]>;
    child.send('stop');
    const [durationsMs] = await answered;
    await once(child, 'exit');
    return durationsMs.sort((a, b) => a - b);
  };
}
