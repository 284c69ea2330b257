import { basename, dirname } from 'node:path';
import {
  codeOf,
  ensureDirectory,
  readKey,
  readNumber,
  tryReadFile,
  tryWriteControl,
  writeControl,
} from './cgroup-files.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { CPU_PERIOD_US, MILLI } from './units.ts';
import { stopYielding, yieldToOthers, type ShareFile } from './yield-to-others.ts';

/** Controllers of ours, with the file that shows that a group can be limited by it. */
export const V1_CONTROLLERS = {
  memory: 'memory.limit_in_bytes',
  pids: 'pids.max',
  cpu: 'cpu.cfs_quota_us',
  cpuacct: 'cpuacct.usage',
} as const;

export type V1Controller = keyof typeof V1_CONTROLLERS;

const NANOSECONDS = 1e9;
/** The kernel refuses shorter ones. */
const SHORTEST_QUOTA_US = 1000;
/** 1024 are usual. */
const SHARES: ShareFile = { name: 'cpu.shares', lowest: 2, small: 102 };

/**
 * Groups of version 1: each controller has a hierarchy of its own, some share one.
 *
 * @param parents - per controller, the directory that holds our groups.
 * @param locate - finds where a group of a controller lies.
 * @param isBackground - whether they get only what others leave of the processors.
 */
export function createV1Tree(
  parents: ReadonlyMap<V1Controller, string>,
  locate: (controller: V1Controller, path: string) => string | undefined,
  isBackground = false,
): CgroupTree {
  const unique = [...new Set(parents.values())];
  const find = (dirs: readonly string[], controller: V1Controller): string | undefined => {
    const parent = parents.get(controller);
    return parent === undefined ? undefined : dirs[unique.indexOf(parent)];
  };
  return {
    version: 1,
    controllers: { memory: parents.has('memory'), processes: parents.has('pids'), cpu: parents.has('cpu') },
    parents: unique,

    async prepare() {
      for (const parent of unique) await ensureDirectory(parent);
      const cpu = parents.get('cpu');
      if (isBackground && cpu !== undefined) await yieldToOthers(cpu, SHARES);
    },

    async stopYielding() {
      const cpu = parents.get('cpu');
      if (isBackground && cpu !== undefined) await stopYielding(cpu, SHARES);
    },

    locate(ownCgroups) {
      const dirs = unique.map((parent) => {
        const controller = [...parents].find(([, dir]) => dir === parent)?.[0];
        const path = controller === undefined ? undefined : ownCgroups.get(controller);
        if (controller === undefined || path === undefined) return undefined;
        return basename(dirname(path)) === basename(parent) ? locate(controller, path) : undefined;
      });
      return dirs.includes(undefined) ? [] : dirs.filter((dir) => dir !== undefined);
    },

    async limit(dirs, { memoryBytes, processes, cpuMillicores }) {
      const [memory, pids, cpu] = [find(dirs, 'memory'), find(dirs, 'pids'), find(dirs, 'cpu')];
      if (memory !== undefined) await limitMemory(memory, memoryBytes ?? -1);
      if (pids !== undefined) await writeControl(`${pids}/pids.max`, processes ?? 'max');
      if (cpu !== undefined) await limitCpu(cpu, cpuMillicores);
    },

    async whileSealed(dirs, work) {
      const pids = find(dirs, 'pids');
      if (pids === undefined) return await work();
      const limit = (await tryReadFile(`${pids}/pids.max`))?.trim() ?? 'max';
      // A fork bomb outruns whoever kills it one by one, so long as it may fork.
      await tryWriteControl(`${pids}/pids.max`, 0);
      try {
        await work();
      } finally {
        await tryWriteControl(`${pids}/pids.max`, limit);
      }
    },

    async readUsage(dirs) {
      const [memory, pids, cpu] = [find(dirs, 'memory'), find(dirs, 'pids'), find(dirs, 'cpuacct')];
      const memoryBytes = memory === undefined ? undefined : await readMemory(memory);
      const cpuTime = cpu === undefined ? undefined : await readNumber(`${cpu}/cpuacct.usage`);
      return {
        memoryBytes: memoryBytes ?? null,
        cpuSeconds: cpuTime === undefined ? null : cpuTime / NANOSECONDS,
        processes: (pids === undefined ? undefined : await readNumber(`${pids}/pids.current`)) ?? null,
      };
    },

    async readOomKills(dirs) {
      const memory = find(dirs, 'memory');
      // `memory.failcnt` also counts each time that dropping cache was enough.
      return memory === undefined ? 0 : ((await readKey(`${memory}/memory.oom_control`, 'oom_kill')) ?? 0);
    },

    async readForkRefusals(dirs) {
      const pids = find(dirs, 'pids');
      return pids === undefined ? 0 : ((await readKey(`${pids}/pids.events`, 'max')) ?? 0);
    },
  };
}

/** The limit with swap, where it is counted, must never be below the one without: the order depends on the direction. */
async function limitMemory(dir: string, bytes: number): Promise<void> {
  const [limit, withSwap] = [`${dir}/memory.limit_in_bytes`, `${dir}/memory.memsw.limit_in_bytes`];
  try {
    await writeControl(limit, bytes);
    await tryWriteControl(withSwap, bytes);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error;
    await tryWriteControl(withSwap, bytes);
    await writeControl(limit, bytes);
  }
}

async function limitCpu(dir: string, millicores: number | null): Promise<void> {
  const quota = millicores === null ? -1 : (millicores * CPU_PERIOD_US) / MILLI;
  await writeControl(`${dir}/cpu.cfs_period_us`, CPU_PERIOD_US);
  await writeControl(
    `${dir}/cpu.cfs_quota_us`,
    quota === -1 ? quota : Math.max(SHORTEST_QUOTA_US, Math.round(quota)),
  ).catch((error: unknown) => {
    // More than a group above us has: that one's limit holds, which is stricter.
    if (codeOf(error) !== 'EINVAL') throw error;
  });
}

async function readMemory(dir: string): Promise<number | undefined> {
  const used = await readNumber(`${dir}/memory.usage_in_bytes`);
  const droppable = (await readKey(`${dir}/memory.stat`, 'total_inactive_file')) ?? 0;
  return used === undefined ? undefined : Math.max(0, used - droppable);
}
