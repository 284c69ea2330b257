import { constants } from 'node:os';
import type { ExitRecord } from './files/instance-files.ts';

/** A shell reports a process that a signal killed as this plus the signal's number (POSIX, 2.8.2). */
const SIGNAL_BASE = 128;
/** What a shell answers for a program that it cannot find, and for one that it may not run (POSIX, 2.8.2). */
const SHELL_FAILURES = new Map([
  [126, 'exit code 126: the command cannot be executed'],
  [127, 'exit code 127: the command was not found'],
]);

/** Why a job ended, for people: `exit code 3`, `killed by SIGKILL`. */
export function describeExit({ code }: ExitRecord): string {
  const number = code - SIGNAL_BASE;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  if (signal !== undefined) return `killed by ${signal}`;
  return SHELL_FAILURES.get(code) ?? `exit code ${code}`;
}
