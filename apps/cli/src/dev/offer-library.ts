import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the author finds the library, below the job's directory. */
const PLACE = '.racetrack/jobs';
const IMPORT = /"racetrack\/jobs"/;

/**
 * Copies the library `racetrack/jobs` beside a Go job that imports it, so that `go test` and editors can find it: only
 * builds of the platform know where it is otherwise.
 *
 * @param pluginDir - of the job's type; others than `golang` have no such library.
 * @param root - directory of the job, absolute.
 * @returns what the author has to do once, or undefined.
 */
export async function offerLibrary(pluginDir: string, root: string): Promise<string | undefined> {
  const library = join(pluginDir, 'runtime');
  if (!(await readText(join(library, 'go.mod'))).includes('module racetrack/jobs\n')) return undefined;
  if (!(await importsLibrary(root))) return undefined;
  const place = join(root, PLACE);
  await mkdir(place, { recursive: true });
  await cp(library, place, { recursive: true, filter: (path) => !path.startsWith(join(library, 'cmd')) });
  const isKnown = (await stat(join(root, 'go.work')).catch(() => undefined)) !== undefined;
  return isKnown
    ? undefined
    : `The library racetrack/jobs is in ${PLACE}. Once, for go test and editors: go work init . ./${PLACE}`;
}

async function importsLibrary(root: string): Promise<boolean> {
  const entries = await readdir(root, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.go')) continue;
    if (IMPORT.test(await readText(join(root, entry.name)))) return true;
  }
  return false;
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
