import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from './parse-stat.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

const KIBIBYTE = 1024;

/** Reads `/proc`, synchronously: these files are made in memory, a thread pool costs more than the reading. */
export function readLinuxProcesses(): ProcessTable {
  return {
    readBootId: () => Promise.resolve(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),

    find(pids) {
      const entries = pids.map(findEntry).filter((entry) => entry !== undefined);
      return Promise.resolve(new Map(entries.map((entry) => [entry.pid, entry])));
    },

    list() {
      const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
      return Promise.resolve(
        pids.map((pid) => findEntry(Number(pid))).filter((entry) => entry !== undefined),
      );
    },

    findEnvironment(pid) {
      const text = tryRead(`/proc/${pid}/environ`);
      if (text === undefined) return undefined;
      const pairs = text.split('\0').map((pair): [string, string] => {
        const end = pair.indexOf('=');
        return end === -1 ? [pair, ''] : [pair.slice(0, end), pair.slice(end + 1)];
      });
      return new Map(pairs);
    },

    findUid(pid) {
      const uid = /^Uid:\s+(\d+)/m.exec(tryRead(`/proc/${pid}/status`) ?? '')?.[1];
      return uid === undefined ? undefined : Number(uid);
    },

    readMemoryBytes(pids) {
      const sizes = pids.map(readProcessMemory).filter((size) => size !== undefined);
      return Promise.resolve(sizes.length === 0 ? null : sizes.reduce((sum, size) => sum + size, 0));
    },
  };
}

function findEntry(pid: number): ProcessEntry | undefined {
  const text = tryRead(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

function readProcessMemory(pid: number): number | undefined {
  const rollup = tryRead(`/proc/${pid}/smaps_rollup`) ?? tryRead(`/proc/${pid}/status`);
  const kibibytes = /^(?:Pss|VmRSS):\s+(\d+) kB/m.exec(rollup ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * KIBIBYTE;
}

/** A process may end, or belong to someone else, at any moment between listing and reading. */
function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
