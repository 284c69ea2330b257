import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@racetrack-platform/sandbox';

/** Names that are in use by this process. */
const inUse = new Set<string>();

/** A name that tells whose work it is, so that what a dead process has left can be told from what is being made. */
export function nameWork(): string {
  return `${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Whether a name of {@link nameWork} is one of work that nobody does any more. */
export function isAbandoned(name: string): boolean {
  const pid = Number.parseInt(name, 10);
  if (pid === process.pid) return !inUse.has(name);
  return !Number.isInteger(pid) || pid <= 0 || !isAlive(pid);
}

/** Does something while its name counts as in use. */
export async function withWorkName<T>(work: (name: string) => Promise<T>): Promise<T> {
  const name = nameWork();
  inUse.add(name);
  try {
    return await work(name);
  } finally {
    inUse.delete(name);
  }
}

/** Does something in an empty directory, and removes that. */
export async function withWorkDirectory<T>(
  parent: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  return await withWorkName(async (name) => {
    const directory = join(parent, name);
    await mkdir(directory, { mode: 0o700 });
    try {
      return await work(directory);
    } finally {
      await removeTree(directory);
    }
  });
}

/** Removes what processes have left that ended before their work did. */
export async function removeAbandonedWork(parent: string): Promise<void> {
  for (const name of (await readdir(parent)).filter(isAbandoned)) await removeTree(join(parent, name));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
