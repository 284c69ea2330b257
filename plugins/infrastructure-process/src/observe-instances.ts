import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { ObservedInstance } from '@racetrack-platform/plugin-sdk';
import type { CgroupManager } from '@racetrack-platform/sandbox';
import { describeExit } from './describe-exit.ts';
import {
  findExitRecord,
  findInstanceRecord,
  findModificationTime,
  findProcessRecord,
  getInstanceFiles,
  listInstanceIds,
  type InstanceFiles,
  type ProcessRecord,
} from './files/instance-files.ts';
import { chooseSocketPath } from './files/socket-path.ts';
import { findEndReason } from './find-end-reason.ts';
import type { ProcessTable } from './processes/process-table.ts';

export interface ObserveInstancesDeps {
  readonly table: ProcessTable;
  readonly bootId: string;
  readonly instancesDir: string;
  readonly socketsDir: string;
  readonly cgroups: CgroupManager | null;
  /** Whether someone works on the instance now. */
  readonly isBusy: (instanceId: string) => boolean;
}

/** Instances after which other work gets a turn. */
const BATCH = 100;

/** Looks at every instance once: its files, and whether its shim lives. Starts no process on Linux. */
export async function observeInstances(deps: ObserveInstancesDeps): Promise<ObservedInstance[]> {
  const found = listInstanceIds(deps.instancesDir).map((id) => {
    const files = getInstanceFiles(deps.instancesDir, id);
    return { id, files, record: findProcessRecord(files) };
  });
  const pids = found.flatMap(({ record }) => (record?.bootId === deps.bootId ? [record.pid] : []));
  const living = await deps.table.find(pids);
  const observed: ObservedInstance[] = [];
  for (const [index, { id, files, record }] of found.entries()) {
    if (index % BATCH === BATCH - 1) await yieldToOthers();
    const isAlive = record?.bootId === deps.bootId && living.get(record.pid)?.startTime === record.startTime;
    const seen = observe(deps, id, files, record, isAlive);
    const reason = seen.state === 'exited' ? await findEndReason(deps.cgroups, id, files) : undefined;
    observed.push(reason === undefined ? seen : { ...seen, reason });
  }
  return observed;
}

function observe(
  { bootId, socketsDir, isBusy }: ObserveInstancesDeps,
  instanceId: string,
  files: InstanceFiles,
  record: ProcessRecord | undefined,
  isAlive: boolean,
): ObservedInstance {
  const wanted = findInstanceRecord(files);
  const address = wanted?.address ?? {
    kind: 'unix' as const,
    path: chooseSocketPath(socketsDir, instanceId),
  };
  const startedAt = record?.startedAt ?? findModificationTime(files.dir) ?? Date.now();
  const running = {
    instanceId,
    state: 'running',
    address,
    startedAt,
    exitCode: null,
    reason: null,
    ...(wanted && { launchedAs: { job: wanted.job, deploymentTimestamp: wanted.deploymentTimestamp } }),
  } as const;
  // Read after the shim was looked for: one that has ended in between has written it by now.
  const exit = record === undefined ? undefined : findExitRecord(files);
  if (exit !== undefined) {
    return { ...running, state: 'exited', exitCode: exit.code, reason: describeExit(exit) };
  }
  if (isAlive) return running;
  if (record === undefined) {
    return isBusy(instanceId) ? running : { ...running, state: 'exited', reason: 'it was never started' };
  }
  const reason =
    record.bootId === bootId
      ? 'it was killed together with its supervisor, or cut off while starting'
      : 'the machine was restarted';
  return { ...running, state: 'exited', reason };
}
