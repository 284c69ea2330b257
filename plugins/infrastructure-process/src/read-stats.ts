import type { InstanceStats } from '@racetrack-platform/plugin-sdk';
import { findProcessRecord, getInstanceFiles, listInstanceIds } from './files/instance-files.ts';
import type { ListMembersDeps } from './processes/list-members.ts';
import type { ProcessEntry } from './processes/process-table.ts';

/** Memory and processor time of every instance that runs: its whole session, the shim included. */
export async function readStats({
  table,
  bootId,
  instancesDir,
}: Omit<ListMembersDeps, 'owner'> & { readonly instancesDir: string }): Promise<InstanceStats[]> {
  const entries = await table.list();
  const sessions = Map.groupBy(entries, (entry) => entry.session);
  const stats: InstanceStats[] = [];
  for (const instanceId of listInstanceIds(instancesDir)) {
    const record = findProcessRecord(getInstanceFiles(instancesDir, instanceId));
    if (record === undefined || record.bootId !== bootId) continue;
    const members = sessions.get(record.pid) ?? [];
    const isOurs = members.some(({ pid, startTime }) => pid === record.pid && startTime === record.startTime);
    if (isOurs) stats.push({ instanceId, ...(await sumUp(table, members)) });
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
