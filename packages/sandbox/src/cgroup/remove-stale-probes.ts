import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, listGroups } from './cgroup-files.ts';

/** Of the directories that detection tries groups out in; the id of its process follows. */
export const PROBE_PREFIX = 'racetrack-probe-';

/**
 * Removes what detections have left that were killed: groups without processes, of processes that are gone.
 *
 * @param parents - directories of ours; those of detections lie beside them.
 */
export async function removeStaleProbes(parents: readonly string[]): Promise<void> {
  for (const directory of new Set(parents.map((parent) => dirname(parent)))) {
    const names = await listGroups(directory).catch((): string[] => []);
    for (const name of names.filter(isStale)) {
      const probe = join(directory, name);
      // The kernel refuses to remove a group that is in use, which is what is wanted.
      for (const group of await listGroups(probe)) await rmdir(join(probe, group)).catch(ignore);
      await rmdir(probe).catch(ignore);
    }
  }
}

function isStale(name: string): boolean {
  if (!name.startsWith(PROBE_PREFIX)) return false;
  const pid = Number(name.slice(PROBE_PREFIX.length));
  return Number.isSafeInteger(pid) && pid > 0 && !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

function ignore(): void {}
