import type { CgroupManager } from '@racetrack-platform/sandbox';
import { findInstanceRecord, getInstanceFiles, type ProcessRecord } from '../files/instance-files.ts';
import { findMark, isOwnUser } from './process-marks.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

export interface ListMembersDeps {
  readonly table: ProcessTable;
  readonly bootId: string;
  /** See `nameOwner`. */
  readonly owner: string;
  readonly instancesDir: string;
  readonly cgroups: CgroupManager | null;
}

/** The processes of one instance. */
export interface Members {
  /** The shim, while it lives. */
  readonly shim: ProcessEntry | undefined;
  /** The job, what it started, and what has left its session. */
  readonly others: readonly ProcessEntry[];
}

/**
 * Finds every process of an instance, and none of anybody else's: pids and session numbers are used again, and marks
 * can be forged.
 *
 * A session's number is not given away while the session has members. So when its leader is alive and is ours, the
 * whole session is; when the leader is another process, nothing of it is; and when the leader is gone, it is ours if
 * one member carries our mark. Outside the session, when the instance has an account, its control group alone tells
 * which processes are its own, and without one the marks of processes that run as that account. Without accounts, where
 * all run as one user, marks count.
 *
 * @param record - `undefined` when it was lost or never written: then marks alone decide.
 */
export async function listMembers(
  deps: ListMembersDeps,
  instanceId: string,
  record: ProcessRecord | undefined,
): Promise<Members> {
  const entries = await deps.table.list();
  const current = record?.bootId === deps.bootId ? record : undefined;
  const leader = entries.find((entry) => entry.pid === current?.pid);
  const shim = leader?.startTime === current?.startTime ? leader : undefined;
  const bearsMark = createMarkCheck(deps, instanceId, current);
  const session = entries.filter((entry) => entry.session === current?.pid && entry.pid !== current.pid);
  const isSessionOurs = shim !== undefined || (leader === undefined && session.some(bearsMark));
  const ours = new Set(isSessionOurs ? session : []);
  // Asked for after the processes were listed: a number that was given away in between has another start time there.
  const group = await findGroup(deps, instanceId, shim);
  const others = entries.filter((entry) => {
    if (entry === shim) return false;
    return ours.has(entry) || (group === undefined ? bearsMark(entry) : group.has(entry.pid));
  });
  return { shim, others };
}

/** @returns pids; `undefined` when the instance has no account, or nobody is in a group of its: then that tells nothing. */
async function findGroup(
  deps: ListMembersDeps,
  instanceId: string,
  shim: ProcessEntry | undefined,
): Promise<ReadonlySet<number> | undefined> {
  if (deps.cgroups === null || findAccount(deps, instanceId) === null) return undefined;
  const pids = await (await deps.cgroups.open(instanceId, shim?.pid))?.pids();
  return pids === undefined || pids.length === 0 ? undefined : new Set(pids);
}

/** The user number of its jobs; `null`: they run as the platform's; `undefined`: the record was lost. */
function findAccount({ instancesDir }: ListMembersDeps, instanceId: string): number | null | undefined {
  const record = findInstanceRecord(getInstanceFiles(instancesDir, instanceId));
  if (process.getuid?.() !== 0) return null;
  return record === undefined ? undefined : (record.confinement?.account?.uid ?? null);
}

/** Whether a process carries the instance's mark and may be believed. Reads as few environments as possible. */
function createMarkCheck(
  deps: ListMembersDeps,
  instanceId: string,
  record: ProcessRecord | undefined,
): (entry: ProcessEntry) => boolean {
  const { table, owner } = deps;
  const account = findAccount(deps, instanceId);
  const isBelieved = ({ pid, session }: ProcessEntry): boolean => {
    if (account === null) return true;
    if (account !== undefined && table.findUid(pid) === account) return true;
    // Between the shim and the job, some programs are ours; without any record, that is all that may be believed.
    return isOwnUser(table, pid) && (record === undefined || session === record.pid);
  };
  return (entry) =>
    (record === undefined || mayBeLater(entry, record)) &&
    isBelieved(entry) &&
    findMark(table, entry.pid, owner) === instanceId;
}

/** Leaves out most of the machine without reading its environments. */
function mayBeLater(entry: ProcessEntry, record: ProcessRecord): boolean {
  const [start, first] = [Number(entry.startTime), Number(record.startTime)];
  return Number.isNaN(start) || Number.isNaN(first) || start >= first;
}
