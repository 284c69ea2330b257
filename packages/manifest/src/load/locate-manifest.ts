import { PlatformError } from '@racetrack-platform/errors';

/** How manifests are read from wherever they are. */
export interface ManifestFiles {
  /** The text of a file, or `undefined` when there is none. */
  readText(path: string): Promise<string | undefined>;
  isDirectory(path: string): Promise<boolean>;
}

export interface LocatedManifest {
  readonly path: string;
  readonly text: string;
  readonly warnings: string[];
}

const FILE_NAME = 'job.yaml';
const OLD_FILE_NAME = 'fatman.yaml';

/**
 * Finds the manifest that a path means: the file itself, or `job.yaml` (else `fatman.yaml`) in the directory.
 *
 * @throws PlatformError `MANIFEST_NOT_FOUND`.
 */
export async function locateManifest(files: ManifestFiles, path: string): Promise<LocatedManifest> {
  const candidates = (await files.isDirectory(path))
    ? [joinPath(path, FILE_NAME), joinPath(path, OLD_FILE_NAME)]
    : [path];
  for (const candidate of candidates) {
    const text = await files.readText(candidate);
    if (text !== undefined) return { path: candidate, text, warnings: warnOldName(candidate) };
  }
  throw new PlatformError('MANIFEST_NOT_FOUND', `there is no manifest ${candidates[0]}`, {
    hint: `Write a ${FILE_NAME} as in docs/reference/manifest.md, or name the directory that has one.`,
  });
}

/** Joins a directory and a relative path, with as few dots as possible. */
export function joinPath(directory: string, relative: string): string {
  const parts: string[] = [];
  for (const part of `${directory}/${relative}`.split('/')) {
    const last = parts.at(-1);
    if (part === '..' && last !== undefined && last !== '..' && last !== '') parts.pop();
    else if (part !== '.' && (part !== '' || parts.length === 0)) parts.push(part);
  }
  const [first] = parts;
  return first === '' && directory === '' ? parts.slice(1).join('/') : parts.join('/');
}

/** The directory of a file; `.` when the path names none. */
export function directoryOf(path: string): string {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  if (end === -1) return '.';
  return end === 0 ? '/' : path.slice(0, end);
}

function warnOldName(path: string): string[] {
  const isOld = path === OLD_FILE_NAME || path.endsWith(`/${OLD_FILE_NAME}`);
  return isOld ? [`${path}: is the old name of the manifest; rename the file to ${FILE_NAME}`] : [];
}
