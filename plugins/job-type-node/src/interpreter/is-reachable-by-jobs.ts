import { realpathSync } from 'node:fs';
import { isReachable } from '@racetrack-platform/plugin-sdk';

/** What jobs find empty, or find directories of their own in place of (docs/security.md), whatever the modes say. */
const HIDDEN = ['/tmp', '/var/tmp', '/dev/shm', '/root', '/home', '/run'];

/** Whether jobs may run a program where it is: it is for everybody, and no view of the machine hides it. */
export function isReachableByJobs(program: string): boolean {
  return isReachable(program) && ![program, realpathSync(program)].some(isHidden);
}

function isHidden(path: string): boolean {
  return HIDDEN.some((directory) => path.startsWith(`${directory}/`));
}
