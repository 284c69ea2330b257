import { basename, dirname } from 'node:path';
import {
  ensureDirectory,
  readKey,
  readNumber,
  readWords,
  tryReadFile,
  tryWriteControl,
  writeControl,
} from './cgroup-files.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { CgroupControllers } from './cgroup.ts';
import { CPU_PERIOD_US, MILLI } from './units.ts';
import { stopYielding, yieldToOthers, type ShareFile } from './yield-to-others.ts';

const MICROSECONDS = 1e6;
const SHORTEST_QUOTA_US = 1000;
/** 100 is usual. */
const WEIGHT: ShareFile = { name: 'cpu.weight', lowest: 1, small: 10 };

/** In the order of their weight for us. */
export const V2_CONTROLLERS = ['memory', 'pids', 'cpu'] as const;

/** Passes on what a group has of our controllers to the groups below. @returns what is passed on then. */
export async function passControllersOn(dir: string): Promise<string[]> {
  const before = await readWords(`${dir}/cgroup.subtree_control`);
  for (const controller of V2_CONTROLLERS) {
    if (before.includes(controller)) continue;
    // One by one: a controller that cannot be had must not cost us the others.
    await writeControl(`${dir}/cgroup.subtree_control`, `+${controller}`).catch(() => undefined);
  }
  return await readWords(`${dir}/cgroup.subtree_control`);
}

/**
 * Groups of version 2: one directory each.
 *
 * @param parent - the directory that holds our groups, with the controllers passed on to them.
 * @param locate - finds where a group lies.
 * @param isBackground - whether they get only what others leave of the processors.
 */
export function createV2Tree(
  parent: string,
  controllers: CgroupControllers,
  locate: (path: string) => string | undefined,
  isBackground = false,
): CgroupTree {
  return {
    version: 2,
    controllers,
    parents: [parent],

    async prepare() {
      await ensureDirectory(parent);
      await passControllersOn(parent);
      if (isBackground && controllers.cpu) await yieldToOthers(parent, WEIGHT);
    },

    async stopYielding() {
      if (isBackground && controllers.cpu) await stopYielding(parent, WEIGHT);
    },

    locate(ownCgroups) {
      const path = ownCgroups.get('');
      if (path === undefined || basename(dirname(path)) !== basename(parent)) return [];
      const dir = locate(path);
      return dir === undefined ? [] : [dir];
    },

    async limit([dir], { memoryBytes, processes, cpuMillicores }) {
      if (controllers.memory) {
        await writeControl(`${dir}/memory.max`, memoryBytes ?? 'max');
        // Missing in kernels without swap. Swapping would turn a job that is too big into one that is slow for all.
        await tryWriteControl(`${dir}/memory.swap.max`, memoryBytes === null ? 'max' : 0);
        // One process is killed, not the group: what the job does about it is its own affair, and the count tells.
        await tryWriteControl(`${dir}/memory.oom.group`, 0);
      }
      if (controllers.processes) await writeControl(`${dir}/pids.max`, processes ?? 'max');
      if (controllers.cpu) {
        const quota = cpuMillicores === null ? 'max' : quotaOf(cpuMillicores);
        await writeControl(`${dir}/cpu.max`, `${quota} ${CPU_PERIOD_US}`);
      }
    },

    async whileSealed([dir], work) {
      const limit = controllers.processes
        ? ((await tryReadFile(`${dir}/pids.max`)) ?? 'max').trim()
        : undefined;
      if (limit !== undefined) await tryWriteControl(`${dir}/pids.max`, 0);
      try {
        // Linux 5.14 and newer: kills all at once, whatever they fork meanwhile.
        await tryWriteControl(`${dir}/cgroup.kill`, 1);
        await work();
      } finally {
        if (limit !== undefined) await tryWriteControl(`${dir}/pids.max`, limit);
      }
    },

    async readUsage([dir]) {
      const used = controllers.memory ? await readNumber(`${dir}/memory.current`) : undefined;
      const droppable = (await readKey(`${dir}/memory.stat`, 'inactive_file')) ?? 0;
      const cpuTime = await readKey(`${dir}/cpu.stat`, 'usage_usec');
      return {
        memoryBytes: used === undefined ? null : Math.max(0, used - droppable),
        cpuSeconds: cpuTime === undefined ? null : cpuTime / MICROSECONDS,
        processes: (controllers.processes ? await readNumber(`${dir}/pids.current`) : undefined) ?? null,
      };
    },

    async readOomKills([dir]) {
      return controllers.memory ? ((await readKey(`${dir}/memory.events`, 'oom_kill')) ?? 0) : 0;
    },

    async readForkRefusals([dir]) {
      return controllers.processes ? ((await readKey(`${dir}/pids.events`, 'max')) ?? 0) : 0;
    },
  };
}

function quotaOf(millicores: number): number {
  return Math.max(SHORTEST_QUOTA_US, Math.round((millicores * CPU_PERIOD_US) / MILLI));
}
