import { dirname } from 'node:path';
import { failpoint } from '@racetrack-platform/failpoints';
import { removeTree } from '@racetrack-platform/sandbox';
import { findInstanceRecord, findProcessRecord, getInstanceFiles } from './files/instance-files.ts';
import { chooseSocketPath } from './files/socket-path.ts';
import { stopMembers, type StopMembersDeps } from './processes/stop-members.ts';

export interface RemoveInstanceDeps extends StopMembersDeps {
  readonly socketsDir: string;
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
  const instance = findInstanceRecord(files);
  const isNamespaced = instance?.confinement?.isNamespaced ?? false;
  failpoint('before-processes-stopped');
  await stopMembers(deps, instanceId, findProcessRecord(files), { ...options, isNamespaced });
  failpoint('after-processes-stopped');
  failpoint('before-socket-removed');
  const kept = instance?.address.kind === 'unix' ? instance.address.path : undefined;
  await removeSocket(kept ?? chooseSocketPath(deps.socketsDir, instanceId), deps.socketsDir, options.signal);
  failpoint('after-socket-removed');
  // It may be launched again and finds its home as it was; temporary files are not for keeping.
  await removeTree(files.tmp, options.signal);
  if (options.keepOutput) return;
  failpoint('before-instance-directory-removed');
  await removeTree(files.dir, options.signal);
  failpoint('after-instance-directory-removed');
}

/** With its directory, which is the instance's alone; in records of before, the socket lay among others. */
async function removeSocket(path: string, socketsDir: string, signal: AbortSignal): Promise<void> {
  await removeTree(dirname(path) === socketsDir ? path : dirname(path), signal);
}
