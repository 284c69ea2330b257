import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import type { LaunchRequest, LaunchResult } from '@racetrack-platform/plugin-sdk';
import { removeTree } from '@racetrack-platform/sandbox';
import {
  findEndRecord,
  findExitRecord,
  findInstanceRecord,
  findProcessRecord,
  getInstanceFiles,
  type InstanceFiles,
  type InstanceRecord,
  type ProcessRecord,
} from '../files/instance-files.ts';
import { ensureJobData } from '../files/job-data.ts';
import { ensureSocketPath } from '../files/socket-path.ts';
import { createDurably, writeDurably } from '../files/write-durably.ts';
import { findEndReason } from '../find-end-reason.ts';
import { findRunningShim } from '../find-running-shim.ts';
import { confineJob } from '../isolation/confine-job.ts';
import { giveDirectory, prepareInstanceDirectories } from '../isolation/instance-directories.ts';
import type { Isolation } from '../isolation/open-isolation.ts';
import { keepPassable } from '../isolation/reachable.ts';
import { assertDataFits } from '../limits/assert-data-fits.ts';
import { createGroup, listUnenforced } from '../limits/instance-group.ts';
import { appendToLog } from '../logs/open-log.ts';
import { markEnvironment } from '../processes/process-marks.ts';
import { stopMembers, type StopMembersDeps } from '../processes/stop-members.ts';
import { composeEnvironment } from './compose-environment.ts';
import { assertStartable, spawnShim } from './spawn-shim.ts';
import { substitutePlaceholders } from './substitute-placeholders.ts';

export interface LaunchInstanceDeps extends StopMembersDeps {
  readonly socketsDir: string;
  readonly jobDataDir: string;
  readonly diskLimitBytes: number | null;
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly isolation: Isolation;
}

/** What an earlier run left behind had its chance to end when its job did. */
const LEFTOVER_GRACE_MS = 1_000;

/**
 * Starts an instance, or answers the address of one that runs. To be called under the instance's lock.
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
  const warnings = listUnenforced(deps.isolation.cgroups, request.resources);
  const answer = (address: LaunchResult['address']): LaunchResult => {
    return warnings.length === 0 ? { address } : { address, warnings };
  };
  if (running !== undefined) return answer(running.address);

  if (request.account !== null) deps.isolation.assertAccounts();
  const end = earlier && (await findEndReason(deps.isolation.cgroups, request.instanceId, files));
  if (existsSync(files.dir)) await stopFormer(deps, files, request.instanceId, earlier, signal);
  await assertDataFits(deps, request.job.name, signal);
  const record = await prepareDirectory(deps, files, request);
  const data = await prepareJobData(deps, request);
  if (earlier !== undefined) markRestart(files, end);
  await startProcess(deps, files, request, { socket: record.address.path, data });
  return answer(record.address);
}

/** Tells the reader of the log where a new run begins, and why the last one ended. */
function markRestart(files: InstanceFiles, end: string | undefined): void {
  const why = end === undefined ? '' : `: ${end}`;
  appendToLog(files.log, `--- started again at ${new Date().toISOString()}${why} ---\n`);
}

async function stopFormer(
  deps: LaunchInstanceDeps,
  files: InstanceFiles,
  instanceId: string,
  earlier: ProcessRecord | undefined,
  signal: AbortSignal,
): Promise<void> {
  const isNamespaced = findInstanceRecord(files)?.confinement?.isNamespaced ?? false;
  await stopMembers(deps, instanceId, earlier, { gracePeriodMs: LEFTOVER_GRACE_MS, isNamespaced, signal });
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
  { instancesDir, socketsDir, isolation }: LaunchInstanceDeps,
  files: InstanceFiles,
  { instanceId, job, deploymentTimestamp, artifact, account, resources }: LaunchRequest,
): Promise<UnixInstanceRecord> {
  failpoint('before-instance-directory');
  mkdirSync(instancesDir, { recursive: true, mode: 0o700 });
  const isNamespaced = account !== null && isolation.hasNamespaces;
  const isPassable = account !== null && !isNamespaced;
  const path = ensureSocketPath(socketsDir, instanceId, isPassable);
  // A new one for each run: the last one was closed to the job once it listened.
  await removeTree(dirname(path));
  await giveDirectory(dirname(path), account);
  // What filled the disk would do so again.
  if (findEndRecord(files)?.cause === 'disk') await removeTree(files.home);
  await prepareInstanceDirectories(files, account, isPassable);
  const record: UnixInstanceRecord = {
    instanceId,
    job: { name: job.name, version: job.version },
    deploymentTimestamp,
    address: { kind: 'unix', path },
    sourceDir: artifact.sourceDir,
    environmentDir: artifact.environmentDir,
    confinement: { account, isNamespaced, memoryMaxBytes: resources.memoryMaxBytes },
  };
  await writeDurably(files.instance, `${JSON.stringify(record, null, 2)}\n`);
  failpoint('after-instance-directory');
  for (const stale of [files.exit, files.end, files.process]) rmSync(stale, { force: true });
  return record;
}

async function prepareJobData(
  { jobDataDir, isolation }: LaunchInstanceDeps,
  { job, account }: LaunchRequest,
): Promise<string> {
  const isPassable = account !== null && !isolation.hasNamespaces;
  return await ensureJobData(jobDataDir, job.name, account, isPassable);
}

function composeBase(
  { baseEnvironment }: LaunchInstanceDeps,
  { account }: LaunchRequest,
): Readonly<Record<string, string>> {
  const { PATH } = baseEnvironment;
  if (account === null || PATH === undefined) return baseEnvironment;
  return { ...baseEnvironment, PATH: keepPassable(PATH) };
}

/** Spawns the shim, records it, and only then lets it start the job. */
async function startProcess(
  deps: LaunchInstanceDeps,
  files: InstanceFiles,
  request: LaunchRequest,
  { socket, data }: { readonly socket: string; readonly data: string },
): Promise<void> {
  const { sourceDir, environmentDir, pluginDir, run } = request.artifact;
  const placeholders = { source: sourceDir, environment: environmentDir, plugin: pluginDir, socket };
  const isNamespaced = request.account !== null && deps.isolation.hasNamespaces;
  const marks = markEnvironment(request.instanceId, deps.owner);
  const env = composeEnvironment(request, {
    base: { ...composeBase(deps, request), HOME: files.home, TMPDIR: isNamespaced ? '/tmp' : files.tmp },
    marks: { ...marks, JOB_DATA_DIR: data },
    placeholders,
  });
  const cwd = resolve(sourceDir, substitutePlaceholders(run.cwd ?? '.', placeholders));
  const command = run.command.map((argument) => substitutePlaceholders(argument, placeholders));
  assertStartable(cwd, command);
  const confined = confineJob(deps.isolation, files, request, { command, cwd, env, marks, socket, data });
  failpoint('before-shim-spawned');
  const shim = await spawnShim({ dir: files.dir, log: files.log, cwd, ...confined });
  failpoint('after-shim-spawned');
  try {
    await createGroup(deps.isolation.cgroups, request, shim.pid);
    const entry = (await deps.table.find([shim.pid])).get(shim.pid);
    if (entry === undefined) throw new PlatformError('LAUNCH_FAILED', 'the process ended at once');
    const record: ProcessRecord = {
      instanceId: request.instanceId,
      pid: shim.pid,
      startTime: entry.startTime,
      bootId: deps.bootId,
      startedAt: Date.now(),
    };
    failpoint('before-shim-recorded');
    const isFirst = await createDurably(files.process, `${JSON.stringify(record, null, 2)}\n`);
    failpoint('after-shim-recorded');
    failpoint('before-shim-released');
    // Another host of the same platform, about to end, was faster: its process is the one.
    if (isFirst) shim.go();
    else shim.abandon();
    failpoint('after-shim-released');
  } catch (error) {
    shim.abandon();
    throw error;
  }
}
