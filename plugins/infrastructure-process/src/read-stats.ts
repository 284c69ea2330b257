import type { InstanceStats } from '@racetrack-platform/plugin-sdk';
import type { CgroupManager } from '@racetrack-platform/sandbox';
import { findProcessRecord, getInstanceFiles, listInstanceIds } from './files/instance-files.ts';
import type { ListMembersDeps } from './processes/list-members.ts';
import type { ProcessEntry } from './processes/process-table.ts';

export interface ReadStatsDeps extends Omit<ListMembersDeps, 'owner'> {
  readonly instancesDir: string;
  readonly cgroups: CgroupManager | null;
}

/**
 * Memory and processor time of every instance that runs, the shim included: of its control group, and what that does
 * not count, of its whole session.
 */
export async function readStats({
  table,
  bootId,
  instancesDir,
  cgroups,
}: ReadStatsDeps): Promise<InstanceStats[]> {
  const entries = await table.list();
  const sessions = Map.groupBy(entries, (entry) => entry.session);
  const stats: InstanceStats[] = [];
  for (const instanceId of listInstanceIds(instancesDir)) {
    const record = findProcessRecord(getInstanceFiles(instancesDir, instanceId));
    if (record === undefined || record.bootId !== bootId) continue;
    const members = sessions.get(record.pid) ?? [];
    const isOurs = members.some(({ pid, startTime }) => pid === record.pid && startTime === record.startTime);
    if (!isOurs) continue;
    const usage = await (await cgroups?.open(instanceId))?.readUsage();
    const isCounted = typeof usage?.memoryBytes === 'number' && typeof usage.cpuSeconds === 'number';
    const sums = isCounted ? usage : await sumUp(table, members);
    stats.push({
      instanceId,
      memoryBytes: usage?.memoryBytes ?? sums.memoryBytes,
      cpuSeconds: usage?.cpuSeconds ?? sums.cpuSeconds,
    });
  }
  return stats;
}

async function sumUp(
  table: ListMembersDeps['table'],
  members: readonly ProcessEntry[],
): Promise<Omit<InstanceStats, 'instanceId'>> {
  return {
    memoryBytes: await table.readMemoryBytes(members.map(({ pid }) => pid)),
    cpuSeconds: members.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}
