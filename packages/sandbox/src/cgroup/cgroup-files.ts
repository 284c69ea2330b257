import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 10;
/** After SIGKILL a process is gone as soon as it leaves the kernel. */
const GONE_TIMEOUT_MS = 10_000;

/** The kernel's refusal of what was asked of it, or `undefined`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The content, or `undefined` when there is no such file, or no such group any more. */
export async function tryReadFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Never creates: a file that the kernel does not offer is an error. */
export async function writeControl(path: string, value: string | number): Promise<void> {
  await writeFile(path, String(value), { flag: 'r+' });
}

/** As {@link writeControl}; a file that this kernel does not offer, or a group that is gone, is passed over. */
export async function tryWriteControl(path: string, value: string | number): Promise<void> {
  await writeControl(path, value).catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

/** A single number; `undefined` when there is none, as in `max`. */
export async function readNumber(path: string): Promise<number | undefined> {
  const text = (await tryReadFile(path))?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The value of one key in a file of lines `key value`. */
export async function readKey(path: string, key: string): Promise<number | undefined> {
  const text = (await tryReadFile(path)) ?? '';
  const value = new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** The words of a list, none when there is no such file. */
export async function readWords(path: string): Promise<string[]> {
  return ((await tryReadFile(path)) ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Creates one directory, in a parent that exists. */
export async function ensureDirectory(path: string): Promise<void> {
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

/** Names of the groups directly below. */
export async function listGroups(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Processes of a group, without those that our pid namespace does not see. */
export async function readPids(dir: string): Promise<number[]> {
  const text = (await tryReadFile(`${dir}/cgroup.procs`)) ?? '';
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Signals what is there, again and again, until nothing is. @returns whether nothing is left. */
export async function killUntilEmpty(list: () => Promise<readonly number[]>): Promise<boolean> {
  const deadline = Date.now() + GONE_TIMEOUT_MS;
  for (;;) {
    const pids = await list();
    if (pids.length === 0) return true;
    if (Date.now() > deadline) return false;
    for (const pid of pids) killProcess(pid);
    await wait(POLL_MS);
  }
}

/** Removes an empty group. The kernel may hold on to one for a moment after its last process. */
export async function removeGroup(dir: string): Promise<void> {
  const deadline = Date.now() + GONE_TIMEOUT_MS;
  for (;;) {
    try {
      await rmdir(dir);
      return;
    } catch (error) {
      if (isGone(error)) return;
      if (codeOf(error) !== 'EBUSY' || Date.now() > deadline) throw error;
    }
    await wait(POLL_MS);
  }
}

/** Removes a directory of groups, unless some are left in it. */
export async function removeIfEmpty(dir: string): Promise<void> {
  await rmdir(dir).catch((error: unknown) => {
    if (!isGone(error) && codeOf(error) !== 'EBUSY' && codeOf(error) !== 'ENOTEMPTY') throw error;
  });
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** Whether a file or a group is not there, or not there any more. */
export function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENODEV';
}
