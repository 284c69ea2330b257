import { startWatchdog, type Watchdog, type Watched } from '@racetrack-platform/sandbox';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  findExitRecord,
  findInstanceRecord,
  findProcessRecord,
  getInstanceFiles,
  listInstanceIds,
  type EndRecord,
  type InstanceFiles,
  type InstanceRecord,
} from '../files/instance-files.ts';
import { getJobDataPath } from '../files/job-data.ts';
import { BLOCK_BYTES } from '../logs/log-use.ts';
import { listMembers, type ListMembersDeps } from '../processes/list-members.ts';
import type { ProcessTable } from '../processes/process-table.ts';
import { describeExcess } from './describe-limit.ts';
import { findMemoryEnd } from './find-memory-end.ts';

export interface WatchInstancesDeps extends ListMembersDeps {
  readonly socketsDir: string;
  readonly jobDataDir: string;
  readonly diskLimitBytes: number | null;
  /** Up to which a log is left to its rotation. */
  readonly maxLogBytes: number;
  readonly intervalMs: number;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Kills an instance, for a reason. */
  readonly end: (instanceId: string, end: EndRecord) => Promise<void>;
}

/** Whoever has so many could hide any amount of disk among them. */
const UNMEASURABLE = 'has too many open files to measure its disk';

/**
 * Measures what the kernel does not limit for us: disks everywhere, memory where there is no control group for it. It
 * also sees when the kernel has killed a part of a job, and ends the rest: half a job helps nobody.
 */
export function watchInstances(deps: WatchInstancesDeps): Watchdog {
  return startWatchdog({
    intervalMs: deps.intervalMs,
    list: async () => await listWatched(deps),
    onExceeded: async ({ id, what, limitBytes, measuredBytes }) => {
      const reason = measuredBytes === Infinity ? UNMEASURABLE : describeExcess(what, limitBytes);
      await deps.end(id, { cause: what, reason });
    },
    onError: (error) => deps.warn('an instance could not be measured', { error: String(error) }),
  });
}

async function listWatched(deps: WatchInstancesDeps): Promise<Watched[]> {
  const hasMemoryGroup = deps.cgroups?.controllers.memory === true;
  const snapshot = await takeSnapshot(deps.table);
  const watched: Watched[] = [];
  for (const id of listInstanceIds(deps.instancesDir)) {
    const files = getInstanceFiles(deps.instancesDir, id);
    const record = findProcessRecord(files);
    if (record === undefined || record.bootId !== deps.bootId || findExitRecord(files) !== undefined)
      continue;
    const reason = await findMemoryEnd(deps.cgroups, id, files);
    if (reason !== undefined) {
      await deps.end(id, { cause: 'memory', reason });
      continue;
    }
    const instance = findInstanceRecord(files);
    const memoryMaxBytes = instance?.confinement?.memoryMaxBytes ?? null;
    watched.push({
      id,
      memoryBytes: hasMemoryGroup ? null : memoryMaxBytes,
      diskBytes: deps.diskLimitBytes,
      directories: [
        files.home,
        files.tmp,
        ...findSocketDirectory(instance, deps.socketsDir),
        // Of the family, so that each of its instances answers for all of it.
        ...(instance === undefined ? [] : [getJobDataPath(deps.jobDataDir, instance.job.name)]),
        ...findSwollenLog(files, deps.maxLogBytes),
      ],
      pids: async () => {
        const { shim, others } = await listMembers({ ...deps, table: snapshot }, id, record);
        return [...others, ...(shim === undefined ? [] : [shim])].map(({ pid }) => pid);
      },
    });
  }
  return watched;
}

/** In records of before, the socket lay among others. */
function findSocketDirectory(instance: InstanceRecord | undefined, socketsDir: string): string[] {
  if (instance?.address.kind !== 'unix') return [];
  const directory = dirname(instance.address.path);
  return directory === socketsDir ? [] : [directory];
}

/**
 * Rotation gives back what a job has reserved in its log; one that reserves again and again faster than that would hold
 * any amount.
 */
function findSwollenLog({ log }: InstanceFiles, maxLogBytes: number): string[] {
  const { blocks = 0 } = statSync(log, { throwIfNoEntry: false }) ?? {};
  return blocks * BLOCK_BYTES > maxLogBytes ? [log] : [];
}

/** One look at all processes serves a whole round. */
async function takeSnapshot(table: ProcessTable): Promise<ProcessTable> {
  let entries: ReturnType<ProcessTable['list']> | undefined;
  return await Promise.resolve({ ...table, list: async () => await (entries ??= table.list()) });
}
