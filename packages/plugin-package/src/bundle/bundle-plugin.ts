import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { ARCHIVE_LIMITS } from '../archive/limits.ts';
import {
  archiveNameOf,
  EXPECTATIONS,
  isPluginVersion,
  PLUGIN_MANIFEST_FILE,
  type PluginManifest,
} from '../manifest/plugin-manifest.ts';
import { renderPluginManifest } from '../manifest/read-plugin-manifest.ts';
import { presentBytes, quote, throwProblems } from '../problems.ts';
import { formatBuildDate } from './build-date.ts';
import { checkPluginDirectory } from './check-plugin-directory.ts';
import type { SourceFile } from './list-plugin-files.ts';
import { packArchive } from './pack-archive.ts';

export interface BundleOptions {
  /** The plugin's folder, absolute. */
  readonly directory: string;
  /** Absolute; must exist. @defaultValue the plugin's folder */
  readonly outDirectory?: string | undefined;
  /** @defaultValue `NAME-VERSION.zip` */
  readonly outFileName?: string | undefined;
  /** Instead of the one in the manifest, which stays as it is on the disk. */
  readonly version?: string | undefined;
  /** Milliseconds since the epoch. @defaultValue when the newest file of the plugin was changed */
  readonly buildDateMs?: number | undefined;
  readonly signal: AbortSignal;
}

export interface BundledPlugin {
  /** Of the archive, absolute. */
  readonly path: string;
  /** As it stands in the archive. */
  readonly manifest: PluginManifest;
  /** SHA-256 of the archive, in hexadecimal. */
  readonly digest: string;
  /** Bytes of the archive. */
  readonly bytes: number;
  /** How many files it holds. */
  readonly fileCount: number;
  readonly ignoreFile: string | undefined;
  readonly warnings: readonly string[];
}

const HINT = 'racetrack plugin validate shows more; docs/reference/plugin-package.md holds the rules.';

/**
 * Packs a plugin's folder. The same files give the same bytes, whenever and wherever they are packed; the archive
 * appears as a whole or not at all.
 *
 * @throws PlatformError `PLUGIN_INVALID` with every problem, one a line; `NOT_FOUND` without an out directory.
 */
export async function bundlePlugin(options: BundleOptions): Promise<BundledPlugin> {
  const { directory, version, signal, outDirectory = directory } = options;
  const outPath = options.outFileName === undefined ? undefined : resolve(outDirectory, options.outFileName);
  const checked = await checkPluginDirectory(directory, { excluded: outPath, signal });
  const problems = [...checked.problems];
  if (version !== undefined && !isPluginVersion(version)) {
    problems.push(`--plugin-version: ${quote(version)} is not ${EXPECTATIONS.version.noun}`);
  }
  if (checked.manifest === undefined || problems.length > 0) return throwProblems(problems, HINT);
  await assertDirectory(outDirectory);

  const manifest: PluginManifest = {
    ...checked.manifest,
    version: version ?? checked.manifest.version,
    build_date: formatBuildDate(options.buildDateMs ?? checked.modifiedAt),
  };
  const members = await readMembers(directory, checked.files, signal);
  const data = Buffer.from(renderPluginManifest(manifest));
  const archive = await packArchive([...members, { path: PLUGIN_MANIFEST_FILE, data, isExecutable: false }]);
  if (archive.length > ARCHIVE_LIMITS.archiveBytes) {
    throwProblems([`the archive is larger than ${presentBytes(ARCHIVE_LIMITS.archiveBytes)}`], HINT);
  }
  const path = outPath ?? resolve(outDirectory, archiveNameOf(manifest));
  await writeWhole(path, archive);
  return {
    path,
    manifest,
    digest: createHash('sha256').update(archive).digest('hex'),
    bytes: archive.length,
    fileCount: members.length + 1,
    ignoreFile: checked.ignoreFile,
    warnings: checked.warnings,
  };
}

async function assertDirectory(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() === true) return;
  throw new PlatformError('NOT_FOUND', `out directory ${path} doesn't exist`, {
    hint: 'Create it, or name another one with --out.',
  });
}

async function readMembers(directory: string, files: readonly SourceFile[], signal: AbortSignal) {
  const members = [];
  for (const { path, isExecutable } of files) {
    members.push({ path, isExecutable, data: await readFile(join(directory, path), { signal }) });
  }
  return members;
}

/** Written beside and renamed. The name ends in `.zip`, so that one that was left behind is never packed. */
async function writeWhole(path: string, data: Buffer): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.zip`);
  try {
    await using handle = await open(partial, 'wx', 0o644);
    await handle.writeFile(data);
    await handle.sync();
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
