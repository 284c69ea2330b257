import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '@racetrack-platform/testing';
import type { Platform } from '../platform.ts';
import { findProcesses } from '../processes.ts';

/** Which folders of a data directory plugins leave something in while they are installed. */
const FOLDERS = ['plugins/packages', 'plugins/environments', 'plugins/work', 'uploads'];

/** Processes of plugins, of the platform with this data directory. */
export async function listPluginHosts({ launcherPid }: Platform): Promise<readonly number[]> {
  const hosts = [
    ...(await findProcesses('plugin-engine/src/host/main.ts')),
    ...(await findProcesses('racetrack_plugin_host')),
  ];
  const everything = new Map((await findProcesses('')).map(({ pid, ppid }) => [pid, ppid]));
  const isOurs = (pid: number): boolean => {
    for (let parent = everything.get(pid); parent !== undefined; parent = everything.get(parent)) {
      if (parent === launcherPid) return true;
    }
    return false;
  };
  return [...new Set(hosts.map(({ pid }) => pid).filter(isOurs))].sort((a, b) => a - b);
}

/** Waits until no plugin has a process or a file any more, but for those that were there before. */
export async function expectNoTrace(platform: Platform, before: readonly number[]): Promise<void> {
  let found: unknown;
  try {
    await waitUntil('no trace of plugins', async () => {
      const folders = await Promise.all(
        FOLDERS.map(async (folder) => await readdir(join(platform.dataDir, folder)).catch(() => [])),
      );
      const hosts = (await listPluginHosts(platform)).filter((pid) => !before.includes(pid));
      found = { folders, hosts };
      return folders.flat().length + hosts.length === 0;
    });
  } catch (cause) {
    throw new Error(`left behind: ${JSON.stringify(found)}`, { cause });
  }
}
