import {
  findExitRecord,
  findInstanceRecord,
  findProcessRecord,
  getInstanceFiles,
  type EndRecord,
} from '../files/instance-files.ts';
import { writeDurably } from '../files/write-durably.ts';
import { stopMembers, type StopMembersDeps } from '../processes/stop-members.ts';

export interface EndInstanceDeps extends StopMembersDeps {
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Kills an instance that has broken a rule, and writes down why. Its files stay: it is for others to decide whether it
 * starts again. To be called under the instance's lock.
 */
export async function endInstance(deps: EndInstanceDeps, instanceId: string, end: EndRecord): Promise<void> {
  const files = getInstanceFiles(deps.instancesDir, instanceId);
  const record = findProcessRecord(files);
  // It has ended by itself meanwhile, or was removed.
  if (record === undefined || findExitRecord(files) !== undefined) return;
  await writeDurably(files.end, `${JSON.stringify(end)}\n`);
  deps.warn('an instance is killed', { instanceId, reason: end.reason });
  const isNamespaced = findInstanceRecord(files)?.confinement?.isNamespaced ?? false;
  const signal = new AbortController().signal;
  await stopMembers(deps, instanceId, record, { gracePeriodMs: 0, isNamespaced, signal });
}
