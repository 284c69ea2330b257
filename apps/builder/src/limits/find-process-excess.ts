import type { BuildLimits } from '@racetrack-platform/contracts/processes';
import type { PlatformError } from '@racetrack-platform/errors';
import { measureTreeMemory } from '@racetrack-platform/sandbox';
import type { BuildConfinement } from '../confinement/build-confinement.ts';
import { presentMemoryExcess, presentProcessExcess } from './present-excess.ts';

type Held = Pick<BuildConfinement, 'cgroup' | 'holds'>;

/**
 * Finds out whether a build's processes have reached a limit: from the kernel where it holds the limit, else by
 * measuring.
 *
 * @param listProcesses - of the build; asked only when there is something to measure.
 */
export async function findProcessExcess(
  { memoryBytes, processes }: BuildLimits,
  held: Held,
  listProcesses: () => Promise<readonly number[]>,
): Promise<PlatformError | undefined> {
  let pids: readonly number[] | undefined;
  const list = async (): Promise<readonly number[]> => (pids ??= await listProcesses());
  if (memoryBytes !== null && (await exceedsMemory(memoryBytes, held, list))) {
    return presentMemoryExcess(memoryBytes);
  }
  if (processes !== null && (await exceedsProcesses(processes, held, list))) {
    return presentProcessExcess(processes);
  }
  return undefined;
}

async function exceedsMemory(
  limitBytes: number,
  { cgroup, holds }: Held,
  list: () => Promise<readonly number[]>,
): Promise<boolean> {
  if (cgroup !== null && holds.memory) return (await cgroup.readOomKills()) > 0;
  const usedBytes = await measureTreeMemory(await list());
  return usedBytes !== null && usedBytes > limitBytes;
}

async function exceedsProcesses(
  limit: number,
  { cgroup, holds }: Held,
  list: () => Promise<readonly number[]>,
): Promise<boolean> {
  if (cgroup !== null && holds.processes) return (await cgroup.readForkRefusals()) > 0;
  return (await list()).length > limit;
}
