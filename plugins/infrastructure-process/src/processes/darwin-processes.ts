import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parsePsLine, PS_COLUMNS } from './parse-ps.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

const run = promisify(execFile);
const OPTIONS = {
  env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  timeout: 10_000,
  maxBuffer: 32 * 1024 * 1024,
} as const;
const KIBIBYTE = 1024;

/** Asks `ps`, once for any number of processes. There is no way to see another process' environment. */
export function readDarwinProcesses(): ProcessTable {
  return {
    async readBootId() {
      const { stdout } = await run('sysctl', ['-n', 'kern.boottime'], OPTIONS);
      return /sec = (\d+)/.exec(stdout)?.[1] ?? stdout.trim();
    },

    async find(pids) {
      if (pids.length === 0) return new Map();
      const entries = await listProcesses(['-p', pids.join(',')]);
      return new Map(entries.map((entry) => [entry.pid, entry]));
    },

    list: async () => await listProcesses(['-ax']),

    findEnvironment: () => undefined,
    findUid: () => undefined,

    async readMemoryBytes(pids) {
      if (pids.length === 0) return null;
      const text = await runPs(['-o', 'rss=', '-p', pids.join(',')]);
      const sizes = text.split('\n').filter((line) => line.trim() !== '');
      return sizes.length === 0 ? null : sizes.reduce((sum, size) => sum + Number(size) * KIBIBYTE, 0);
    },
  };
}

async function listProcesses(selection: readonly string[]): Promise<ProcessEntry[]> {
  const text = await runPs(['-o', PS_COLUMNS, ...selection]);
  return text
    .split('\n')
    .map(parsePsLine)
    .filter((entry) => entry !== undefined);
}

/** `ps` ends with 1 when none of the processes exist. */
async function runPs(args: readonly string[]): Promise<string> {
  try {
    return (await run('ps', args, OPTIONS)).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return '';
    throw error;
  }
}
