import { appendFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { LaunchRequest, LaunchResult } from '@racetrack-platform/plugin-sdk';
import {
  findExitRecord,
  findInstanceRecord,
  findProcessRecord,
  getInstanceFiles,
  type InstanceFiles,
  type InstanceRecord,
  type ProcessRecord,
} from '../files/instance-files.ts';
import { ensureSocketPath } from '../files/socket-path.ts';
import { createDurably, writeDurably } from '../files/write-durably.ts';
import { findRunningShim } from '../find-running-shim.ts';
import type { ListMembersDeps } from '../processes/list-members.ts';
import { markEnvironment } from '../processes/process-marks.ts';
import { stopMembers } from '../processes/stop-members.ts';
import { composeEnvironment } from './compose-environment.ts';
import { spawnShim } from './spawn-shim.ts';
import { substitutePlaceholders } from './substitute-placeholders.ts';

export interface LaunchInstanceDeps extends ListMembersDeps {
  readonly instancesDir: string;
  readonly socketsDir: string;
  readonly baseEnvironment: Readonly<Record<string, string>>;
}

/** What an earlier run left behind had its chance to end when its job did. */
const LEFTOVER_GRACE_MS = 1_000;

/**
 * Starts an instance, or answers the address of one that runs. To be called under the instance's lock.
 *
 * `resources` are not applied yet: limits need a cgroup or a watchdog (design D8).
 *
 * @throws PlatformError `LAUNCH_FAILED`, `BAD_REQUEST` for a malformed instance id.
 */
export async function launchInstance(
  deps: LaunchInstanceDeps,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<LaunchResult> {
  signal.throwIfAborted();
  const files = getInstanceFiles(deps.instancesDir, request.instanceId);
  const earlier = findProcessRecord(files);
  const running = await findRunning(deps, files, earlier);
  if (running !== undefined) return { address: running.address };

  if (existsSync(files.dir)) {
    await stopMembers(deps, request.instanceId, earlier, { gracePeriodMs: LEFTOVER_GRACE_MS, signal });
  }
  const record = await prepareDirectory(deps, files, request);
  if (earlier !== undefined) {
    appendFileSync(files.log, `--- started again at ${new Date().toISOString()} ---\n`, { mode: 0o600 });
  }
  await startProcess(deps, files, request, record.address.path);
  return { address: record.address };
}

/** An exit record is written while the shim still lives, so it counts more than the shim. */
async function findRunning(
  { table, bootId }: LaunchInstanceDeps,
  files: InstanceFiles,
  record: ProcessRecord | undefined,
): Promise<InstanceRecord | undefined> {
  if (record === undefined || (await findRunningShim(table, bootId, record)) === undefined) return undefined;
  return findExitRecord(files) === undefined ? findInstanceRecord(files) : undefined;
}

type UnixInstanceRecord = InstanceRecord & { readonly address: { readonly kind: 'unix' } };

/** Puts down what is wanted, and removes what a former run put down about itself. */
async function prepareDirectory(
  { instancesDir, socketsDir }: LaunchInstanceDeps,
  files: InstanceFiles,
  { instanceId, job, deploymentTimestamp, artifact }: LaunchRequest,
): Promise<UnixInstanceRecord> {
  mkdirSync(instancesDir, { recursive: true, mode: 0o700 });
  const path = ensureSocketPath(socketsDir, instanceId);
  mkdirSync(files.home, { recursive: true, mode: 0o700 });
  const record: UnixInstanceRecord = {
    instanceId,
    job: { name: job.name, version: job.version },
    deploymentTimestamp,
    address: { kind: 'unix', path },
    sourceDir: artifact.sourceDir,
    environmentDir: artifact.environmentDir,
  };
  await writeDurably(files.instance, `${JSON.stringify(record, null, 2)}\n`);
  for (const stale of [files.exit, files.process, path]) rmSync(stale, { force: true });
  return record;
}

/** Spawns the shim, records it, and only then lets it start the job. */
async function startProcess(
  deps: LaunchInstanceDeps,
  files: InstanceFiles,
  request: LaunchRequest,
  socket: string,
): Promise<void> {
  const { sourceDir, environmentDir, pluginDir, run } = request.artifact;
  const placeholders = { source: sourceDir, environment: environmentDir, plugin: pluginDir, socket };
  const env = composeEnvironment(request, {
    base: { ...deps.baseEnvironment, HOME: files.home },
    marks: markEnvironment(request.instanceId, deps.owner),
    placeholders,
  });
  const shim = await spawnShim({
    dir: files.dir,
    log: files.log,
    cwd: resolve(sourceDir, substitutePlaceholders(run.cwd ?? '.', placeholders)),
    command: run.command.map((argument) => substitutePlaceholders(argument, placeholders)),
    env,
  });
  try {
    const entry = (await deps.table.find([shim.pid])).get(shim.pid);
    if (entry === undefined) throw new PlatformError('LAUNCH_FAILED', 'the process ended at once');
    const record: ProcessRecord = {
      instanceId: request.instanceId,
      pid: shim.pid,
      startTime: entry.startTime,
      bootId: deps.bootId,
      startedAt: Date.now(),
    };
    const isFirst = await createDurably(files.process, `${JSON.stringify(record, null, 2)}\n`);
    // Another host of the same platform, about to end, was faster: its process is the one.
    if (isFirst) shim.go();
    else shim.abandon();
  } catch (error) {
    shim.abandon();
    throw error;
  }
}
