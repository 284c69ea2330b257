import type { ProcessRecord } from '../files/instance-files.ts';
import { findMark } from './process-marks.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

export interface ListMembersDeps {
  readonly table: ProcessTable;
  readonly bootId: string;
  /** See `nameOwner`. */
  readonly owner: string;
}

/** The processes of one instance. */
export interface Members {
  /** The shim, while it lives. */
  readonly shim: ProcessEntry | undefined;
  /** The job, what it started, and what has left its session. */
  readonly others: readonly ProcessEntry[];
}

/**
 * Finds every process of an instance, and none of anybody else's: pids and session numbers are used again.
 *
 * A session's number is not given away while the session has members. So when its leader is alive and is ours, the
 * whole session is; when the leader is another process, nothing of it is; and when the leader is gone, it is ours if
 * one member carries our mark. Marked processes outside the session count too.
 *
 * @param record - `undefined` when it was lost or never written: then marks alone decide.
 */
export async function listMembers(
  { table, bootId, owner }: ListMembersDeps,
  instanceId: string,
  record: ProcessRecord | undefined,
): Promise<Members> {
  const entries = await table.list();
  const isMarked = (entry: ProcessEntry): boolean => findMark(table, entry.pid, owner) === instanceId;
  if (record === undefined || record.bootId !== bootId) {
    return { shim: undefined, others: entries.filter(isMarked) };
  }
  const leader = entries.find((entry) => entry.pid === record.pid);
  const shim = leader?.startTime === record.startTime ? leader : undefined;
  const session = entries.filter((entry) => entry.session === record.pid && entry.pid !== record.pid);
  const isSessionOurs = shim !== undefined || (leader === undefined && session.some(isMarked));
  const ours = new Set(isSessionOurs ? session : []);
  const others = entries.filter((entry) => {
    if (entry === shim) return false;
    return ours.has(entry) || (mayBeLater(entry, record) && isMarked(entry));
  });
  return { shim, others };
}

/** Leaves out most of the machine without reading its environments. */
function mayBeLater(entry: ProcessEntry, record: ProcessRecord): boolean {
  const [start, first] = [Number(entry.startTime), Number(record.startTime)];
  return Number.isNaN(start) || Number.isNaN(first) || start >= first;
}
