import type { ProcessTable } from './process-table.ts';

/** Tells the job, and everyone who looks at a process, which instance it is. */
const INSTANCE_VARIABLE = 'RACETRACK_INSTANCE_ID';
/** Tells which platform's instance: two of them may run on one machine. */
const OWNER_VARIABLE = 'RACETRACK_INSTANCE_OWNER';

/** Environment that marks a process, and by inheritance its children, as part of an instance. */
export function markEnvironment(instanceId: string, owner: string): Record<string, string> {
  return { [INSTANCE_VARIABLE]: instanceId, [OWNER_VARIABLE]: owner };
}

/**
 * The instance that a process is marked with. It may be forged: anybody can give any environment to a process. So the
 * caller has to know whose process it is.
 *
 * @returns `undefined` for processes of anyone else, and where the system does not tell.
 */
export function findMark(table: ProcessTable, pid: number, owner: string): string | undefined {
  const environment = table.findEnvironment(pid);
  return environment?.get(OWNER_VARIABLE) === owner ? environment.get(INSTANCE_VARIABLE) : undefined;
}

/** Whether a process runs as the platform's own user; where nobody tells, it is none that has marks. */
export function isOwnUser(table: ProcessTable, pid: number): boolean {
  return table.findUid(pid) === process.getuid?.();
}
