import { realpathSync } from 'node:fs';
import { isHiddenFromJobs, isReachable } from '@racetrack-platform/plugin-sdk';

/** Whether jobs may run a program where it is: it is for everybody, and no view of the machine hides it. */
export function isReachableByJobs(program: string): boolean {
  return isReachable(program) && ![program, realpathSync(program)].some(isHiddenFromJobs);
}
