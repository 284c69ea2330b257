import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Names one process for ever: a process id alone is soon given to another. */
export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  /** On Linux in clock ticks since boot (proc_pid_stat(5), field 22), on macOS the date that `ps` prints. */
  startTime: z.string(),
  /** Changes with every boot of the machine. */
  bootId: z.string(),
});

export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/**
 * Finds the identity of a running process.
 *
 * @param pid - its id.
 * @returns undefined when there is none, or only its remains (a zombie).
 */
export async function findProcessIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = process.platform === 'linux' ? await readLinuxStartTime(pid) : await readStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: await readBootId() };
}

/** Whether this very process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const found = await findProcessIdentity(identity.pid);
  return found?.startTime === identity.startTime && found.bootId === identity.bootId;
}

async function readLinuxStartTime(pid: number): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses, which may hold anything, also parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state === 'Z' || state === 'X' ? undefined : startTime;
}

async function readStartTime(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
      timeout: 5_000,
    });
    const [, state, startTime] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? [];
    return state?.startsWith('Z') === true ? undefined : startTime;
  } catch {
    return undefined;
  }
}

let bootId: Promise<string> | undefined;

async function readBootId(): Promise<string> {
  bootId ??= process.platform === 'linux' ? readLinuxBootId() : readBootTime();
  return await bootId;
}

async function readLinuxBootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return 'unknown';
  }
}

async function readBootTime(): Promise<string> {
  try {
    return (await promisify(execFile)('sysctl', ['-n', 'kern.boottime'], { timeout: 5_000 })).stdout.trim();
  } catch {
    return 'unknown';
  }
}
