import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ARCHIVE_LIMITS, type ArchiveLimits } from '../archive/limits.ts';
import { createCollisionFinder, findPathProblem } from '../archive/entry-path.ts';
import { findEntryPoint } from '../entry-point.ts';
import { PLUGIN_MANIFEST_FILE, type PluginManifest } from '../manifest/plugin-manifest.ts';
import { checkPluginManifest, type CheckedManifest } from '../manifest/read-plugin-manifest.ts';
import { presentBytes, quote } from '../problems.ts';
import { listPluginFiles, type SourceFile } from './list-plugin-files.ts';
import { readPluginIgnore } from './read-ignore-file.ts';

export interface CheckDirectoryOptions {
  /** Absolute path of a file that is left out in any case: the archive that is about to be written. */
  readonly excluded?: string | undefined;
  /** @defaultValue {@link ARCHIVE_LIMITS} */
  readonly limits?: ArchiveLimits | undefined;
  readonly signal: AbortSignal;
}

/** A plugin's folder, looked at without running anything. */
export interface CheckedDirectory {
  /** `undefined` when it is missing or has problems. */
  readonly manifest: PluginManifest | undefined;
  /** The file that the platform loads; `undefined` when there is not exactly one. */
  readonly entryPoint: string | undefined;
  /** What would be packed, without the manifest. */
  readonly files: readonly SourceFile[];
  /** When the newest file was changed, the manifest included; milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** File with the patterns of what is left out; `undefined` when there is none. */
  readonly ignoreFile: string | undefined;
  /** Everything that stands in the way of packing and installing it. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Checks a plugin's folder by the rules that its archive will have to keep.
 *
 * @param directory - absolute.
 */
export async function checkPluginDirectory(
  directory: string,
  { excluded, limits = ARCHIVE_LIMITS, signal }: CheckDirectoryOptions,
): Promise<CheckedDirectory> {
  const manifestPath = join(directory, PLUGIN_MANIFEST_FILE);
  const isDirectory = await stat(directory)
    .then((status) => status.isDirectory())
    .catch(() => false);
  if (!isDirectory) return empty(`${directory} is no folder`);
  const checked = await readManifest(manifestPath);
  const ignore = await readPluginIgnore(directory);
  const { files, warnings } = await listPluginFiles(directory, ignore, excluded, signal);
  const entry = findEntryPoint(files.map(({ path }) => path));
  const manifestModifiedAt = await stat(manifestPath)
    .then(({ mtimeMs }) => mtimeMs)
    .catch(() => 0);
  return {
    manifest: checked.manifest,
    entryPoint: entry.path,
    files,
    modifiedAt: Math.max(manifestModifiedAt, ...files.map(({ modifiedAt }) => modifiedAt)),
    ignoreFile: ignore.path,
    problems: [
      ...checked.problems,
      ...(entry.problem === undefined ? [] : [`${directory}/${entry.problem}`]),
      ...findFileProblems(files, limits),
    ],
    warnings: [...checked.warnings, ...warnings],
  };
}

async function readManifest(path: string): Promise<CheckedManifest> {
  const fail = (problem: string): CheckedManifest => ({
    manifest: undefined,
    problems: [problem],
    warnings: [],
  });
  let data: Buffer;
  try {
    data = await readFile(path);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error;
    return fail(`${path} file was not found in a plugin directory`);
  }
  try {
    return checkPluginManifest(new TextDecoder('utf-8', { fatal: true }).decode(data), path);
  } catch {
    return fail(`${path}: is not a text in UTF-8`);
  }
}

function findFileProblems(files: readonly SourceFile[], limits: ArchiveLimits): string[] {
  const findCollision = createCollisionFinder();
  const problems = files.flatMap(({ path, bytes }) => {
    const problem =
      (path.includes('\uFFFD') ? 'has a name that is not UTF-8' : undefined) ??
      findPathProblem(path, limits) ??
      (bytes > limits.fileBytes ? `is larger than ${presentBytes(limits.fileBytes)}` : undefined) ??
      findCollision(path, false);
    return problem === undefined ? [] : [`${quote(path)} ${problem}`];
  });
  if (files.length >= limits.entries) {
    problems.push(`the plugin has ${files.length} files; at most ${limits.entries - 1} are allowed`);
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const most = Math.min(limits.archiveBytes, limits.totalBytes);
  if (total > most) {
    const largest = files.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3);
    const names = largest.map(({ path, bytes }) => `${path} (${presentBytes(bytes)})`).join(', ');
    problems.push(
      `the files have ${presentBytes(total)} together; at most ${presentBytes(most)} are allowed. Largest: ${names}`,
    );
  }
  return problems;
}

function empty(problem: string): CheckedDirectory {
  return {
    manifest: undefined,
    entryPoint: undefined,
    files: [],
    modifiedAt: 0,
    ignoreFile: undefined,
    problems: [problem],
    warnings: [],
  };
}
