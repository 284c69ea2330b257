import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '@racetrack-platform/errors';
import { manifestJsonSchema } from '@racetrack-platform/manifest';

/** Languages that there is a beginning for, as their job types are called. */
export const JOB_LANGUAGES = ['python3', 'golang', 'rust', 'node'] as const;
export type JobLanguage = (typeof JOB_LANGUAGES)[number];

/** Every folder `job-…` in here is a job, with `__name__` where values belong. */
const SKELETONS = fileURLToPath(new URL('../../skeletons/', import.meta.url));
/** For editors; named in the first line of the manifest, and not committed. */
const SCHEMA_FILE = '.racetrack/job.schema.json';
/** What a fresh repository often has already; these stay as they are. */
const KEPT = new Set(['README.md', '.gitignore', SCHEMA_FILE]);

const HINT = 'Name another directory: racetrack init DIR';

/** What stands where in a job to begin with. */
export interface JobValues {
  readonly job: string;
  readonly package: string;
  readonly owner: string;
  readonly remote: string;
  readonly directory: string;
}

/** What was written, and what was there already; relative paths. */
export interface WrittenJob {
  readonly written: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Writes a job to begin with.
 *
 * @param directory - absolute; may exist, and hold other files.
 * @throws PlatformError `ALREADY_EXISTS` naming the files in the way; nothing is written then.
 */
export async function writeJob(
  language: JobLanguage,
  values: JobValues,
  directory: string,
): Promise<WrittenJob> {
  const files = await renderFiles(join(SKELETONS, `job-${language}`), values);
  files.set(SCHEMA_FILE, `${JSON.stringify(manifestJsonSchema, null, 2)}\n`);
  if ((await exists(directory)) && !(await isDirectory(directory))) {
    throw new PlatformError('ALREADY_EXISTS', `${directory} is there already, and is no directory`, {
      hint: HINT,
    });
  }
  const existing: string[] = [];
  for (const path of files.keys()) if (await exists(join(directory, path))) existing.push(path);
  const inTheWay = [
    ...existing.filter((path) => !KEPT.has(path)),
    ...(await findBlockedFolders(directory, files.keys())),
  ];
  if (inTheWay.length > 0) {
    throw new PlatformError('ALREADY_EXISTS', `${directory} holds already: ${inTheWay.join(', ')}`, {
      hint: HINT,
    });
  }
  for (const path of existing) files.delete(path);
  for (const [path, text] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text, { flag: 'wx' });
  }
  return {
    written: [...files.keys()].sort(),
    kept: existing.filter((path) => path !== SCHEMA_FILE),
  };
}

async function renderFiles(root: string, values: JobValues): Promise<Map<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    // Under its own name it would decide what is committed of the skeleton.
    const name = path.slice(root.length + 1).replace(/^gitignore$/, '.gitignore');
    files.set(name, fillIn(text, { ...values }));
  }
  return files;
}

function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    /__(job|package|owner|remote|directory)__/g,
    (_match, name: string) => values[name] ?? '',
  );
}

/** Folders of the job where something else is, such as a link, which would lead elsewhere. */
async function findBlockedFolders(directory: string, paths: Iterable<string>): Promise<string[]> {
  const folders = new Set([...paths].flatMap(listFolders));
  const blocked: string[] = [];
  for (const folder of folders) {
    const status = await lstat(join(directory, folder)).catch(() => undefined);
    if (status !== undefined && !status.isDirectory()) blocked.push(folder);
  }
  return blocked;
}

/** `a` and `a/b` of `a/b/c`. */
function listFolders(path: string): string[] {
  const parts = normalize(path).split(sep).slice(0, -1);
  return parts.map((_part, index) => join(...parts.slice(0, index + 1)));
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Also a link that leads nowhere. */
async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
