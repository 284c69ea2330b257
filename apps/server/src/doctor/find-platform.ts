import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { endpointsSchema, type Endpoints } from '../roles/child-message.ts';
import { isRunning, type ProcessIdentity } from '../lock/process-identity.ts';
import { readLock } from '../lock/lock-record.ts';

/** A platform that holds a data directory now. */
export interface RunningPlatform {
  readonly launcherPid: number;
  /** Of its direct children. */
  readonly childPids: readonly number[];
  /** Empty while it is starting. */
  readonly endpoints: Endpoints;
}

/**
 * Finds the platform that runs on a data directory.
 *
 * @returns undefined when none does, or its lock cannot be read.
 */
export async function findPlatform(dataDir: string): Promise<RunningPlatform | undefined> {
  const found = await readLock(path.join(dataDir, 'lock')).catch(() => undefined);
  if (found?.kind !== 'record' || !(await isRunning(found.record.holder))) return undefined;
  const { holder, children } = found.record;
  return {
    launcherPid: holder.pid,
    childPids: (await keepRunning(children)).map(({ pid }) => pid),
    endpoints: await readEndpoints(dataDir),
  };
}

async function keepRunning(identities: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const alive = await Promise.all(identities.map((identity) => isRunning(identity)));
  return identities.filter((_, index) => alive[index]);
}

async function readEndpoints(dataDir: string): Promise<Endpoints> {
  try {
    return endpointsSchema.parse(JSON.parse(await readFile(path.join(dataDir, 'endpoints.json'), 'utf8')));
  } catch {
    return {};
  }
}
