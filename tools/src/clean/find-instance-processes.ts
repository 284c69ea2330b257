import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A process of a job, and the process group to signal. */
export interface InstanceProcess {
  readonly pid: number;
  readonly instanceId: string;
}

export interface FindInstanceProcessesDeps {
  /** Where the system shows its processes; `/proc` on Linux, missing elsewhere. */
  readonly procDir: string;
}

/**
 * Finds every process that belongs to a job of a data directory. Each carries the id of its instance in its
 * environment, inherited by all that it starts, so it is found wherever it went, and never taken for another: the ids
 * are random.
 *
 * @param dataDir - whose `instances` folder names the instances.
 * @returns all of them; none where the system does not show environments.
 */
export function findInstanceProcesses(
  { procDir }: FindInstanceProcessesDeps,
  dataDir: string,
): InstanceProcess[] {
  const ids = new Set(listNames(path.join(dataDir, 'instances')));
  if (ids.size === 0) return [];
  return listNames(procDir)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const instanceId = readInstanceId(path.join(procDir, name, 'environ'));
      return instanceId !== undefined && ids.has(instanceId) ? [{ pid: Number(name), instanceId }] : [];
    });
}

function readInstanceId(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // It ended meanwhile, or belongs to another user, and so not to this data directory.
    return undefined;
  }
  return /(?:^|\0)RACETRACK_INSTANCE_ID=([^\0]*)/.exec(text)?.[1];
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
