import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process that listens on a port. */
export interface PortHolder {
  readonly pid: number;
  /** Its short name as the kernel keeps it; never its arguments, which may hold secrets. */
  readonly name: string;
}

/** State LISTEN in /proc/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A';

/**
 * Finds out who listens on a TCP port of this machine. Needs Linux, and root for processes of others.
 *
 * @returns undefined when that cannot be told.
 */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const inodes = await findListeningSockets(port);
  if (inodes.size === 0) return undefined;
  const pids = (await list('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (!(await holdsSocket(pid, inodes))) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return { pid: Number(pid), name: name.trim() };
  }
  return undefined;
}

async function findListeningSockets(port: number): Promise<ReadonlySet<string>> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      // sl, local address:port in hexadecimal, remote, state, queues, timers, retransmits, uid, timeout, inode
      const fields = line.trim().split(/\s+/);
      const [local = '', state, inode] = [fields[1], fields[3], fields[9]];
      const isOnPort = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16) === port;
      if (isOnPort && state === LISTEN && inode !== undefined) inodes.add(`socket:[${inode}]`);
    }
  }
  return inodes;
}

async function holdsSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  for (const descriptor of await list(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    if (inodes.has(target)) return true;
  }
  return false;
}

async function list(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
