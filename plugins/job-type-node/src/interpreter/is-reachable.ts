import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Execute permission for everybody. */
const EXECUTABLE = 0o001;

/** What jobs find empty, or find directories of their own in place of (docs/security.md), whatever the modes say. */
const HIDDEN = ['/tmp', '/var/tmp', '/dev/shm', '/root', '/home', '/run'];

/** Whether every user of this machine may run a program: jobs run as users that own nothing. */
export function isReachable(program: string): boolean {
  try {
    return [program, realpathSync(program)].every((path) => !isHidden(path) && isPassable(path));
  } catch {
    return false;
  }
}

function isHidden(path: string): boolean {
  return HIDDEN.some((directory) => path.startsWith(`${directory}/`));
}

function isPassable(path: string): boolean {
  if ((statSync(path).mode & EXECUTABLE) === 0) return false;
  const parent = dirname(path);
  return parent === path || isPassable(parent);
}
