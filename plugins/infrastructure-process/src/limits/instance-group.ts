import type { LaunchRequest } from '@racetrack-platform/plugin-sdk';
import type { CgroupManager } from '@racetrack-platform/sandbox';
import { MAX_PROCESSES } from '../isolation/confine-job.ts';

/** Makes a new control group with the limits of an instance, and puts its shim there before that starts anything. */
export async function createGroup(
  cgroups: CgroupManager | null,
  { instanceId, resources }: Pick<LaunchRequest, 'instanceId' | 'resources'>,
  shimPid: number,
): Promise<void> {
  if (cgroups === null) return;
  const group = await cgroups.create(instanceId, {
    memoryBytes: resources.memoryMaxBytes,
    processes: MAX_PROCESSES,
    cpuMillicores: resources.cpuMaxMillicores,
  });
  await group.add(shimPid);
}

/** Limits that were asked for and that nothing holds on this machine, for people. Memory is always watched. */
export function listUnenforced(
  cgroups: CgroupManager | null,
  resources: LaunchRequest['resources'],
): string[] {
  if (resources.cpuMaxMillicores === null || cgroups?.controllers.cpu === true) return [];
  return ['resources.cpu_max is not in force: this machine has no control group for processor time'];
}
