import type { CgroupManager } from '@racetrack-platform/sandbox';
import { describeExit } from './describe-exit.ts';
import { findEndRecord, findExitRecord, type InstanceFiles } from './files/instance-files.ts';
import { findMemoryEnd } from './limits/find-memory-end.ts';

/** What a shell answers for a process that SIGKILL ended. */
const KILLED_CODE = 137;

/**
 * Why an instance's last run ended, for people; `undefined` when nothing is known of it. What the platform or the
 * kernel did to it says more than the signal by which it ended.
 */
export async function findEndReason(
  cgroups: CgroupManager | null,
  instanceId: string,
  files: InstanceFiles,
): Promise<string | undefined> {
  const known = findEndRecord(files)?.reason;
  if (known !== undefined) return known;
  const exit = findExitRecord(files);
  const mayBeKilled = exit === undefined || exit.code === KILLED_CODE;
  const memoryEnd = mayBeKilled ? await findMemoryEnd(cgroups, instanceId, files) : undefined;
  return memoryEnd ?? (exit && describeExit(exit));
}
