import { basename, dirname, join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import {
  codeOf,
  ensureDirectory,
  isGone,
  killUntilEmpty,
  listGroups,
  readPids,
  removeGroup,
  removeIfEmpty,
  tryReadFile,
  writeControl,
} from './cgroup-files.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { Cgroup, CgroupManager } from './cgroup.ts';
import { parseOwnCgroups } from './parse-cgroup.ts';

/** One name of a directory, which is not one of the kernel's files either. */
const ID = /^(?!(?:cgroup|memory|pids|cpu|cpuacct|io|notify_on_release|tasks)\b)[A-Za-z0-9][\w.-]{0,127}$/;

const CREATE_ATTEMPTS = 20;

/** Groups in one tree of either version. */
export function createCgroupManager(tree: CgroupTree): CgroupManager {
  const dirsOf = (id: string): string[] => tree.parents.map((parent) => join(parent, checkId(id)));
  const find = async (id: string, pid: number | undefined): Promise<Cgroup | undefined> => {
    const usual = dirsOf(id);
    const named = pid === undefined ? [] : await locateByProcess(tree, id, pid);
    const dirs = named.length > 0 ? named : usual;
    return (await isPresent(dirs)) ? createCgroup(tree, id, dirs) : undefined;
  };

  return {
    version: tree.version,
    controllers: tree.controllers,

    async create(id, limits) {
      const dirs = dirsOf(id);
      await createDirectories(tree, dirs);
      const group = createCgroup(tree, id, dirs);
      await group.limit(limits);
      return group;
    },

    open: find,

    async list() {
      const names = await Promise.all(tree.parents.map(listGroups));
      return [...new Set(names.flat())];
    },

    async remove(id) {
      await createCgroup(tree, id, dirsOf(id)).remove();
    },
  };
}

function createCgroup(tree: CgroupTree, id: string, dirs: readonly string[]): Cgroup {
  const list = async (): Promise<number[]> => {
    const pids = await Promise.all(dirs.map(readPids));
    return [...new Set(pids.flat())];
  };
  const kill = async (): Promise<void> => {
    await tree.whileSealed(dirs, async () => {
      if (await killUntilEmpty(list)) return;
      throw new PlatformError('PLUGIN_FAILED', `processes of ${id} survive SIGKILL`, {
        hint: 'They hang in the kernel, most often on a device or a network file system; see dmesg.',
      });
    });
  };
  return {
    id,
    pids: list,
    kill,
    limit: async (limits) => await tree.limit(dirs, limits),
    readUsage: async () => await tree.readUsage(dirs),
    readOomKills: async () => await tree.readOomKills(dirs),
    readForkRefusals: async () => await tree.readForkRefusals(dirs),
    stopYielding: async () => await tree.stopYielding(),

    async add(pid) {
      try {
        for (const dir of dirs) await writeControl(join(dir, 'cgroup.procs'), pid);
      } catch (error) {
        if (codeOf(error) !== 'ESRCH') throw error;
        throw new PlatformError('LAUNCH_FAILED', `process ${pid} ended before it was put into its group`, {
          cause: error,
        });
      }
    },

    async remove() {
      await kill();
      for (const dir of dirs) await removeGroup(dir);
      for (const dir of dirs) await removeIfEmpty(dirname(dir));
    },
  };
}

/** Whoever removes the last group at the same moment takes the parent away, which is then made again. */
async function createDirectories(tree: CgroupTree, dirs: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await tree.prepare();
      for (const dir of dirs) await ensureDirectory(dir);
      return;
    } catch (error) {
      if (!isGone(error) || attempt === CREATE_ATTEMPTS) throw error;
    }
  }
}

async function locateByProcess(tree: CgroupTree, id: string, pid: number): Promise<readonly string[]> {
  const text = await tryReadFile(`/proc/${pid}/cgroup`).catch(() => undefined);
  const dirs = text === undefined ? [] : tree.locate(parseOwnCgroups(text));
  return dirs.every((dir) => basename(dir) === id) ? dirs : [];
}

async function isPresent(dirs: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(dirs.map((dir) => tryReadFile(join(dir, 'cgroup.procs'))));
  return texts.some((text) => text !== undefined);
}

function checkId(id: string): string {
  if (ID.test(id)) return id;
  throw new TypeError(`${JSON.stringify(id)} cannot name a group of processes`);
}
