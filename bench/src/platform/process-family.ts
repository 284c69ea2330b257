import { readdirSync, readFileSync } from 'node:fs';

/** Ticks per second of the times in /proc (USER_HZ, 100 on every architecture of Linux; time(7)). */
const MS_PER_TICK = 10;

/** A process and its memory. */
export interface ProcessMemory {
  readonly pid: number;
  /** Its program, by the last part of the path of its script. */
  readonly name: string;
  /** Proportional set size: shared pages are divided by the number of processes that share them. */
  readonly pssBytes: number;
}

/** The process and all its living descendants. */
export function listFamily(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat !== undefined) parents.set(Number(name), Number(stat[1]));
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

/** Memory of each process of a family. */
export function readFamilyMemory(pid: number): ProcessMemory[] {
  return listFamily(pid).flatMap((member) => {
    const rollup = tryRead(`/proc/${member}/smaps_rollup`);
    const kibibytes = /^Pss:\s+(\d+) kB/m.exec(rollup ?? '')?.[1];
    if (kibibytes === undefined) return [];
    return [{ pid: member, name: readName(member), pssBytes: Number(kibibytes) * 1024 }];
  });
}

/** User and system time that a process and all its descendants have used so far, in milliseconds. */
export function readFamilyCpuMs(pid: number): number {
  return listFamily(pid).reduce((sum, member) => {
    const stat = readStat(member);
    return sum + (Number(stat?.[11] ?? 0) + Number(stat?.[12] ?? 0)) * MS_PER_TICK;
  }, 0);
}

/** Fields of /proc/PID/stat from the third on, the state (proc_pid_stat(5)). */
function readStat(pid: number): string[] | undefined {
  const text = tryRead(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readName(pid: number): string {
  const words = (tryRead(`/proc/${pid}/cmdline`) ?? '').split('\0');
  const script = words.find((word) => /\.(?:ts|js|mjs|py)$/.test(word)) ?? words[0] ?? '';
  return script.split('/').slice(-3).join('/').replace('/src/main.ts', '');
}

function tryRead(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
