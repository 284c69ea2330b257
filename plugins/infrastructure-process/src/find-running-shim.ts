import type { ProcessRecord } from './files/instance-files.ts';
import type { ProcessEntry, ProcessTable } from './processes/process-table.ts';

/** The shim that a record names, if it is alive: same pid, same start time, same start of the machine. */
export async function findRunningShim(
  table: ProcessTable,
  bootId: string,
  record: ProcessRecord,
): Promise<ProcessEntry | undefined> {
  if (record.bootId !== bootId) return undefined;
  const entry = (await table.find([record.pid])).get(record.pid);
  return entry?.startTime === record.startTime ? entry : undefined;
}
