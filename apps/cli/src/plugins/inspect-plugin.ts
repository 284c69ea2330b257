import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { COMPATIBLE_VERSION } from '@racetrack-platform/contracts';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import {
  checkPluginDirectory,
  isCompatible,
  openPluginArchive,
  type PluginArchive,
  type PluginManifest,
} from '@racetrack-platform/plugin-package';
import { checkEntryPoint } from './check-entry-point.ts';
import { checkTemplates } from './check-templates.ts';

/** A plugin's folder or ZIP as far as it can be known without running it. */
export interface InspectedPlugin {
  readonly manifest: PluginManifest | undefined;
  readonly entryPoint: string | undefined;
  readonly files: number;
  /** Of all files, unpacked. */
  readonly bytes: number;
  /** Of a ZIP; null for a folder. */
  readonly sha256: string | null;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Looks for everything that is wrong with a plugin, and runs nothing of it.
 *
 * @param path - absolute, of a folder or a ZIP.
 * @throws PlatformError `NOT_FOUND` when there is nothing.
 */
export async function inspectPlugin(
  path: string,
  env: Environment,
  signal: AbortSignal,
): Promise<InspectedPlugin> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) {
    throw new PlatformError('NOT_FOUND', `there is no ${path}`, {
      hint: 'Name the folder of a plugin, or its ZIP.',
    });
  }
  return status.isDirectory() ? await inspectFolder(path, env, signal) : await inspectZip(path, env, signal);
}

async function inspectFolder(path: string, env: Environment, signal: AbortSignal): Promise<InspectedPlugin> {
  const { manifest, entryPoint, files, problems, warnings } = await checkPluginDirectory(path, { signal });
  const code =
    entryPoint === undefined
      ? { problems: [], warnings: [] }
      : await checkEntryPoint(
          join(path, entryPoint),
          join(path, entryPoint),
          { manifest, files: files.map((file) => file.path) },
          env,
          signal,
        );
  const templates = await checkTemplates(files, async (file) => await readFile(join(path, file)));
  return {
    manifest,
    entryPoint,
    files: files.length + 1,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: null,
    problems: [...problems, ...code.problems, ...templates.problems],
    warnings: [...warnings, ...code.warnings, ...templates.warnings, ...doubtRange(manifest)],
  };
}

async function inspectZip(path: string, env: Environment, signal: AbortSignal): Promise<InspectedPlugin> {
  const source = basename(path);
  const archive = await openPluginArchive(path, { source, signal }).catch((error: unknown) => {
    if (!PlatformError.is(error) || error.code !== 'PLUGIN_INVALID') throw error;
    return messageOf(error).split('\n');
  });
  if (Array.isArray(archive)) {
    const nothing = { manifest: undefined, entryPoint: undefined, files: 0, bytes: 0, sha256: null };
    return { ...nothing, problems: archive, warnings: [] };
  }
  const damage = await findDamage(archive, signal);
  const code =
    damage.length > 0 ? { problems: [], warnings: [] } : await checkPacked(archive, source, env, signal);
  const templates =
    damage.length > 0
      ? { problems: [], warnings: [] }
      : await checkTemplates(archive.files, async (file) => await archive.readFile(file));
  return {
    manifest: archive.manifest,
    entryPoint: archive.entryPoint,
    files: archive.files.length,
    bytes: archive.files.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: archive.digest,
    problems: [...damage, ...code.problems, ...templates.problems],
    warnings: [...archive.warnings, ...code.warnings, ...templates.warnings, ...doubtRange(archive.manifest)],
  };
}

async function findDamage(archive: PluginArchive, signal: AbortSignal): Promise<string[]> {
  const problems: string[] = [];
  for (const { path } of archive.files) {
    signal.throwIfAborted();
    try {
      await archive.readFile(path);
    } catch (error) {
      if (!PlatformError.is(error)) throw error;
      problems.push(messageOf(error));
    }
  }
  return problems;
}

async function checkPacked(archive: PluginArchive, source: string, env: Environment, signal: AbortSignal) {
  const directory = await mkdtemp(join(tmpdir(), 'racetrack-plugin-'));
  try {
    const file = join(directory, archive.entryPoint);
    await writeFile(file, await archive.readFile(archive.entryPoint));
    const around = { manifest: archive.manifest, files: archive.files.map(({ path }) => path) };
    return await checkEntryPoint(file, `${source}/${archive.entryPoint}`, around, env, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function doubtRange(manifest: PluginManifest | undefined): string[] {
  if (manifest === undefined || isCompatible(manifest, COMPATIBLE_VERSION)) return [];
  return [
    `the plugin says that it works with Racetrack ${manifest.racetrack}; a server of this release is ${COMPATIBLE_VERSION} and will refuse it`,
  ];
}
