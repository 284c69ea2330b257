import { readFileSync } from 'node:fs';

/** Whether a process runs; one that has ended, but whose parent has not looked yet, does not. */
export function isAlive(pid: number): boolean {
  try {
    // The state follows the name in parentheses (proc_pid_stat(5)).
    const state = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
