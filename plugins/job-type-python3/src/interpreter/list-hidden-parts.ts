import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isHiddenFromJobs } from '@racetrack-platform/plugin-sdk';

/** What an interpreter needs, seen from the folder of its program; `pyvenv.cfg` names the one that an environment is of. */
const PARTS = ['.', '../lib', '../lib64', '../pyvenv.cfg'];

/**
 * Parts of an interpreter that a build has to be shown by name: version managers install below a home, which builds
 * find empty. Nothing for an interpreter elsewhere. Jobs are shown the installation of their program anyway.
 *
 * @param executable - absolute path of the interpreter.
 */
export function listHiddenParts(executable: string): string[] {
  if (!existsSync(executable)) return [];
  const programs = [executable, realpathSync(executable)].filter(isHiddenFromJobs);
  const folders = [...new Set(programs.map((program) => dirname(program)))];
  const parts = folders.flatMap((folder) => PARTS.map((name) => join(folder, name)));
  return parts.filter((path) => existsSync(path));
}
