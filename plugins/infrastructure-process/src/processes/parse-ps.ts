import type { ProcessEntry } from './process-table.ts';

/** For `ps -o`. `lstart` is last, since it holds spaces. */
export const PS_COLUMNS = 'pid=,pgid=,stat=,time=,lstart=';

/**
 * Reads one line of `ps` with {@link PS_COLUMNS}, such as ` 501 501 S 0:01.52 Mon Nov  2 10:00:00 2026`.
 *
 * @returns `undefined` for a zombie and for text of another form.
 */
export function parsePsLine(line: string): ProcessEntry | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line);
  if (match === null) return undefined;
  const [, pid = '', group = '', state = '', time = '', startTime = ''] = match;
  if (state.startsWith('Z')) return undefined;
  return { pid: Number(pid), session: Number(group), startTime, cpuSeconds: parseCpuTime(time) };
}

/** `[[days-]hours:]minutes:seconds`, the seconds with a fraction on macOS. */
function parseCpuTime(text: string): number {
  const [rest = '', days = '0'] = text.split('-').reverse();
  return rest.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
