import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchRequest } from '@racetrack-platform/plugin-sdk';

/** What is kept of an instance beside its output. No part of its environment: that holds secrets. */
export interface InstanceRecord {
  readonly pid: number;
  /** When the process began, in the words of the kernel: a number that another process with this pid will not have. */
  readonly born: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly launchedAs: {
    readonly job: { readonly name: string; readonly version: string };
    readonly deploymentTimestamp: number;
  };
}

/** What the kernel takes as the path of a socket, in bytes. */
const MAX_SOCKET_PATH = 107;

/** Where the instance listens. */
export const socketOf = (dir: string): string => join(dir, 's');
export const outputOf = (dir: string): string => join(dir, 'output.log');
const recordOf = (dir: string): string => join(dir, 'instance.json');

/** Starts the job in a session of its own, so that it outlives this process, with its output in a file. */
export async function launch(
  dir: string,
  request: LaunchRequest,
  { niceness, mark }: { readonly niceness: number; readonly mark: string },
): Promise<void> {
  if (Buffer.byteLength(socketOf(dir)) > MAX_SOCKET_PATH) {
    throw new Error(`the path of the data directory is too long for a socket: ${socketOf(dir)}`);
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await rm(socketOf(dir), { force: true });
  await using output = await open(outputOf(dir), 'a', 0o600);
  const { command, args, cwd, env } = describeCommand(request, dir);
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output.fd, output.fd] });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  child.unref();
  setPriority(pid, niceness);
  const record: InstanceRecord = {
    pid,
    born: readBirth(pid) ?? '',
    startedAt: Date.now(),
    launchedAs: { job: request.job, deploymentTimestamp: request.deploymentTimestamp },
  };
  // Written aside and renamed: a record is whole, or not there.
  const draft = `${recordOf(dir)}.${mark}`;
  await writeFile(draft, JSON.stringify(record), { mode: 0o600 });
  await rename(draft, recordOf(dir));
}

/** Asks the job to end, and makes it after the grace period; then its folder goes. */
export async function removeInstance(
  dir: string,
  { gracePeriodMs, keepOutput }: { readonly gracePeriodMs: number; readonly keepOutput: boolean },
): Promise<void> {
  const record = await readRecord(dir);
  if (record !== undefined) {
    signal(record, 'SIGTERM');
    const deadline = Date.now() + gracePeriodMs;
    while (isAlive(record) && Date.now() < deadline) await sleep(20);
    signal(record, 'SIGKILL');
    while (isAlive(record)) await sleep(20);
  }
  await rm(keepOutput ? recordOf(dir) : dir, { recursive: true, force: true });
}

/** @returns `undefined` when there is no such instance. */
export async function readRecord(dir: string): Promise<InstanceRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordOf(dir), 'utf8')) as InstanceRecord;
  } catch {
    return undefined;
  }
}

/** Whether the very process that was started is still there. */
export function isAlive({ pid, born }: InstanceRecord): boolean {
  return readBirth(pid) === born;
}

/** To the whole session: a job may have started others. */
function signal(record: InstanceRecord, name: 'SIGTERM' | 'SIGKILL'): void {
  if (!isAlive(record)) return;
  try {
    process.kill(-record.pid, name);
  } catch {
    // It ended just now.
  }
}

/** Field 22 of `/proc/PID/stat`, counted behind the command's name, which may hold anything. A zombie is no process. */
function readBirth(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Fills in what the job type left open: where things are on this machine. */
function describeCommand({ artifact, env }: LaunchRequest, dir: string) {
  const places: Readonly<Record<string, string>> = {
    socket: socketOf(dir),
    source: artifact.sourceDir,
    environment: artifact.environmentDir,
    plugin: artifact.pluginDir,
  };
  const fill = (text: string): string =>
    text.replace(/\$\{(socket|source|environment|plugin)\}/g, (_all, name: string) => places[name] ?? '');
  const [command = '', ...args] = artifact.run.command.map(fill);
  const ofJobType = Object.entries(artifact.run.env).map(([name, value]) => [name, fill(value)] as const);
  return {
    command,
    args,
    cwd: fill(artifact.run.cwd ?? artifact.sourceDir),
    env: { ...Object.fromEntries(ofJobType), ...env },
  };
}
