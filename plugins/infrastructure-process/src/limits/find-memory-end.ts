import type { CgroupManager } from '@racetrack-platform/sandbox';
import { findInstanceRecord, type InstanceFiles } from '../files/instance-files.ts';
import { describeExcess } from './describe-limit.ts';

/** The reason, when the kernel has killed processes of an instance because of its memory limit; else `undefined`. */
export async function findMemoryEnd(
  cgroups: CgroupManager | null,
  instanceId: string,
  files: InstanceFiles,
): Promise<string | undefined> {
  const limit = findInstanceRecord(files)?.confinement?.memoryMaxBytes;
  if (cgroups?.controllers.memory !== true || limit === undefined || limit === null) return undefined;
  const kills = await (await cgroups.open(instanceId))?.readOomKills();
  return kills !== undefined && kills > 0 ? describeExcess('memory', limit) : undefined;
}
