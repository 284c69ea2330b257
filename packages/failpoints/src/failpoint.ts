import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { parseArmedPoint, type ArmedPoint } from './armed-point.ts';
import type { Failpoint } from './failpoints.ts';

/**
 * The file that arms points; set by tests alone. Read here instead of in each app's configuration, since every process
 * of the platform has points and none needs to know more about them than their names.
 */
const ARMED_FILE = process.env['RACETRACK_FAILPOINTS'];
/** Signals reach a process with several threads a moment after they were sent; nothing may happen in between. */
const SIGNAL_WAIT_MS = 10_000;
const STOP_WAIT_MS = 50;

/**
 * A place where the process may be made to die, so that tests can show that nothing is lost there. Costs one comparison
 * unless the environment variable `RACETRACK_FAILPOINTS` names a file.
 *
 * That file holds an {@link ArmedPoint} as JSON. A hit is counted down before anything happens, and written as a line
 * `{"name","pid","program","at"}` to the file's name with `.log` (`at` in milliseconds since the epoch).
 *
 * @param name - of the place; each is declared in `FAILPOINTS` and used once.
 * @throws Error when the point is armed with `error`.
 */
export function failpoint(name: Failpoint): void {
  if (ARMED_FILE === undefined) return;
  const armed = readArmed(ARMED_FILE);
  if (armed === undefined || (armed.name !== '*' && armed.name !== name)) return;
  if (armed.action !== 'record' && !countDown(ARMED_FILE, armed)) return;
  const program = process.argv[1] ?? '';
  const hit = { name, pid: process.pid, program, at: Date.now() };
  appendFileSync(`${ARMED_FILE}.log`, `${JSON.stringify(hit)}\n`);
  act(name, armed.action);
}

function readArmed(file: string): ArmedPoint | undefined {
  try {
    return parseArmedPoint(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Several processes may come by at once; whoever can rename the file has the hit. */
function countDown(file: string, armed: ArmedPoint): boolean {
  const claimed = `${file}.${process.pid}`;
  try {
    renameSync(file, claimed);
  } catch {
    return false;
  }
  const remaining = armed.remaining - 1;
  if (remaining > 0) {
    writeFileSync(claimed, JSON.stringify({ ...armed, name: '*', remaining }));
    renameSync(claimed, file);
  } else {
    rmSync(claimed);
  }
  return true;
}

function act(name: Failpoint, action: ArmedPoint['action']): void {
  switch (action) {
    case 'record':
      return;
    case 'error':
      throw new Error(`failpoint ${name}`);
    case 'kill':
      return signalOneself('SIGKILL', SIGNAL_WAIT_MS);
    case 'stop':
      return signalOneself('SIGSTOP', STOP_WAIT_MS);
  }
}

function signalOneself(signal: 'SIGKILL' | 'SIGSTOP', waitMs: number): void {
  process.kill(process.pid, signal);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
}
