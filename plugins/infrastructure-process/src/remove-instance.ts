import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { findInstanceRecord, findProcessRecord, getInstanceFiles } from './files/instance-files.ts';
import type { ListMembersDeps } from './processes/list-members.ts';
import { stopMembers } from './processes/stop-members.ts';

export interface RemoveInstanceDeps extends ListMembersDeps {
  readonly instancesDir: string;
}

/**
 * Ends every process of an instance and removes its files and socket. Also right for one that never got further than
 * its directory, and for one that is not there. To be called under the instance's lock.
 *
 * With `keepOutput` its directory stays, and with it what it wrote: it is only paused, and may be launched again.
 * Otherwise the files go last: as long as they are there, an interrupted removal is repeated.
 */
export async function removeInstance(
  deps: RemoveInstanceDeps,
  instanceId: string,
  options: { readonly gracePeriodMs: number; readonly keepOutput: boolean; readonly signal: AbortSignal },
): Promise<void> {
  options.signal.throwIfAborted();
  const files = getInstanceFiles(deps.instancesDir, instanceId);
  await stopMembers(deps, instanceId, findProcessRecord(files), options);
  const address = findInstanceRecord(files)?.address;
  if (address?.kind === 'unix') rmSync(address.path, { force: true });
  if (options.keepOutput) return;
  await rm(files.dir, { recursive: true, force: true, maxRetries: 3 });
}
