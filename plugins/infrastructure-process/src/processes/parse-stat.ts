import type { ProcessEntry } from './process-table.ts';

/** Ticks per second of the times in `/proc` (USER_HZ, 100 on every architecture of Linux; proc(5), time(7)). */
const TICKS_PER_SECOND = 100;

/**
 * Reads the text of `/proc/PID/stat` (proc_pid_stat(5)).
 *
 * @returns `undefined` for a zombie or a dead process, and for text of another form.
 */
export function parseStat(text: string): ProcessEntry | undefined {
  // The program's name stands in parentheses and may itself hold spaces and parentheses.
  const nameEnd = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  // Field 3 of the manual page, the state, is the first one here.
  const fields = text.slice(nameEnd + 2).split(' ');
  const field = (number: number): string => fields[number - 3] ?? '';
  const isDead = ['Z', 'X', 'x'].includes(field(3));
  if (nameEnd === -1 || Number.isNaN(pid) || field(22) === '' || isDead) return undefined;
  const ticks = [14, 15, 16, 17].reduce((sum, number) => sum + Number(field(number)), 0);
  return { pid, session: Number(field(6)), startTime: field(22), cpuSeconds: ticks / TICKS_PER_SECOND };
}
