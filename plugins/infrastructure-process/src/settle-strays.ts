import {
  findExitRecord,
  findModificationTime,
  findProcessRecord,
  getInstanceFiles,
  listInstanceIds,
  type ProcessRecord,
} from './files/instance-files.ts';
import { writeDurably } from './files/write-durably.ts';
import type { ListMembersDeps } from './processes/list-members.ts';
import { findMark, isOwnUser } from './processes/process-marks.ts';
import { signalProcess, type ProcessEntry } from './processes/process-table.ts';

export interface SettleStraysDeps extends ListMembersDeps {
  readonly isBusy: (instanceId: string) => boolean;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Looks for processes that carry our mark but are on no record, which happens when files were lost or damaged: the
 * leader of a session whose instance is still wanted is put on record again, everything of an instance that has no
 * directory is killed.
 *
 * Only processes of our own user count, as every shim is one: marks of another user's process may be forged. A job ends
 * with its shim.
 */
export async function settleStrays(deps: SettleStraysDeps): Promise<void> {
  const wanted = new Set(listInstanceIds(deps.instancesDir));
  // Of two leaders with the same mark the older is the shim: a job can only start others after itself.
  const entries = [...(await deps.table.list())].sort((a, b) => Number(a.startTime) - Number(b.startTime));
  for (const entry of entries) {
    if (!isOwnUser(deps.table, entry.pid)) continue;
    const instanceId = findMark(deps.table, entry.pid, deps.owner);
    if (instanceId === undefined || deps.isBusy(instanceId)) continue;
    if (!wanted.has(instanceId)) {
      deps.warn('a process of an instance that is gone is killed', { instanceId, pid: entry.pid });
      await signalProcess(deps.table, entry, 'SIGKILL');
    } else if (entry.session === entry.pid) {
      await adopt(deps, instanceId, entry);
    }
  }
}

async function adopt(deps: SettleStraysDeps, instanceId: string, entry: ProcessEntry): Promise<void> {
  const files = getInstanceFiles(deps.instancesDir, instanceId);
  if (findProcessRecord(files) !== undefined || findExitRecord(files) !== undefined) return;
  const record: ProcessRecord = {
    instanceId,
    pid: entry.pid,
    startTime: entry.startTime,
    bootId: deps.bootId,
    startedAt: findModificationTime(files.instance) ?? Date.now(),
  };
  await writeDurably(files.process, `${JSON.stringify(record, null, 2)}\n`);
  deps.warn('a process without a record is adopted', { instanceId, pid: entry.pid });
}
