import { readDarwinProcesses } from './darwin-processes.ts';
import { readLinuxProcesses } from './linux-processes.ts';

/** One living process. */
export interface ProcessEntry {
  readonly pid: number;
  /** Processes that a shim and its job started are in its session, on macOS in its process group. */
  readonly session: number;
  /** Comparable as text for equality; larger means later only on Linux. */
  readonly startTime: string;
  /** Of the process and its children that are gone. */
  readonly cpuSeconds: number;
}

/** The processes of this machine, as far as this user may see them. Zombies count as gone. */
export interface ProcessTable {
  /** Changes with every start of the machine. */
  readBootId(): Promise<string>;
  /** The living ones among some pids. */
  find(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessEntry>>;
  list(): Promise<readonly ProcessEntry[]>;
  /** `undefined`: gone, not ours to see, or this system does not tell. */
  findEnvironment(pid: number): ReadonlyMap<string, string> | undefined;
  /** The user that a process really runs as; `undefined`: gone, or this system does not tell. */
  findUid(pid: number): number | undefined;
  /** Proportional set size where the system tells, else resident; `null` when gone. */
  readMemoryBytes(pids: readonly number[]): Promise<number | null>;
}

/** @throws Error on a system without Unix processes. */
export function openProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  if (platform === 'linux') return readLinuxProcesses();
  if (platform === 'darwin') return readDarwinProcesses();
  throw new Error(`the process target needs Linux or macOS, this is ${platform}`);
}

/**
 * Sends a signal to exactly the process that is meant, never to one that got its number later.
 *
 * @returns whether it was still there.
 */
export async function signalProcess(
  table: ProcessTable,
  target: Pick<ProcessEntry, 'pid' | 'startTime'>,
  signal: NodeJS.Signals,
): Promise<boolean> {
  const entry = (await table.find([target.pid])).get(target.pid);
  if (entry?.startTime !== target.startTime) return false;
  try {
    return process.kill(target.pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
