import { PlatformError } from '@racetrack-platform/errors';
import type { ProcessRecord } from '../files/instance-files.ts';
import { listMembers, type ListMembersDeps, type Members } from './list-members.ts';
import { wait } from '../wait.ts';
import { signalProcess, type ProcessEntry, type ProcessTable } from './process-table.ts';

/** After SIGKILL a process is gone as soon as it leaves the kernel; one that does not hangs in a broken device. */
const KILL_TIMEOUT_MS = 10_000;
const POLL_MS = 25;

export type StopMembersDeps = ListMembersDeps;

export interface StopMembersOptions {
  readonly gracePeriodMs: number;
  /** Whether the job is alone with its processes: then the shim hands SIGTERM on, and others between them must not get it. */
  readonly isNamespaced: boolean;
  readonly signal: AbortSignal;
}

/**
 * Ends every process of an instance: SIGTERM, and after the grace period SIGKILL; also those that have left its session
 * and forgotten its marks, as far as a control group or a namespace knows them. The shim is spared the SIGTERM where
 * the job can be reached itself, so that it records how the job ended, and the job gets it once.
 *
 * @throws PlatformError `PLUGIN_FAILED` when processes are left even so. The signal's reason when it is aborted.
 */
export async function stopMembers(
  deps: StopMembersDeps,
  instanceId: string,
  record: ProcessRecord | undefined,
  options: StopMembersOptions,
): Promise<void> {
  const list = async (): Promise<Members> => await listMembers(deps, instanceId, record);
  const members = await list();
  const first = chooseForTerm(members, options.isNamespaced);
  for (const entry of first) await signalProcess(deps.table, entry, 'SIGTERM');
  if (first.length > 0) {
    await waitUntilGone(deps.table, flatten(members), Date.now() + options.gracePeriodMs, options.signal);
  }
  await deps.cgroups?.remove(instanceId);
  await killMembers(deps, instanceId, list, options.signal);
}

function chooseForTerm(members: Members, isNamespaced: boolean): readonly ProcessEntry[] {
  if (isNamespaced && members.shim !== undefined) return [members.shim];
  return members.others.length > 0 ? members.others : flatten(members);
}

async function killMembers(
  deps: ListMembersDeps,
  instanceId: string,
  list: () => Promise<Members>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + KILL_TIMEOUT_MS;
  for (;;) {
    const left = flatten(await list());
    if (left.length === 0) return;
    if (Date.now() > deadline) {
      const pids = left.map((entry) => entry.pid).join(', ');
      throw new PlatformError('PLUGIN_FAILED', `instance ${instanceId}: process ${pids} survives SIGKILL`);
    }
    for (const entry of left) await signalProcess(deps.table, entry, 'SIGKILL');
    await waitUntilGone(deps.table, left, Date.now() + 1_000, signal);
  }
}

function flatten({ shim, others }: Members): readonly ProcessEntry[] {
  return shim === undefined ? others : [...others, shim];
}

async function waitUntilGone(
  table: ProcessTable,
  entries: readonly ProcessEntry[],
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const living = await table.find(entries.map((entry) => entry.pid));
    const isGone = entries.every((entry) => living.get(entry.pid)?.startTime !== entry.startTime);
    if (isGone || Date.now() >= deadline) return;
    await wait(Math.min(POLL_MS, Math.max(1, deadline - Date.now())), signal);
  }
}
