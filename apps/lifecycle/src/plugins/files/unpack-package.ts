import { access, rename } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { openPluginArchive } from '@racetrack-platform/plugin-package';
import type { FileLayout } from './file-layout.ts';
import type { PluginIdentity } from './package-files.ts';
import { sealTree } from './sealed-tree.ts';
import { withWorkDirectory } from './work-directory.ts';

export interface UnpackDeps {
  readonly layout: Pick<FileLayout, 'packages' | 'work'>;
  readonly readArchive: (digest: string) => AsyncIterable<Uint8Array>;
}

/**
 * Unpacks a plugin's ZIP, once for each digest on this machine: the folder is there whole or not at all, also when two
 * processes do it at once.
 *
 * @param archivePath - of the ZIP; `undefined`: it is read from the store.
 * @returns absolute path of the folder.
 * @throws PlatformError `PLUGIN_INVALID`.
 */
export async function unpackPackage(
  { layout, readArchive }: UnpackDeps,
  plugin: PluginIdentity,
  archivePath: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const destination = join(layout.packages, plugin.digest);
  if (await exists(destination)) return destination;
  await withWorkDirectory(layout.work, async (directory) => {
    const path = archivePath ?? (await download(readArchive(plugin.digest), directory, signal));
    const archive = await openPluginArchive(path, { source: `${plugin.name} ${plugin.version}`, signal });
    assertDigest(plugin, archive.digest);
    const unpacked = join(directory, plugin.digest);
    await archive.extract(unpacked, signal);
    await sealTree(unpacked);
    await rename(unpacked, destination).catch(async (error: unknown) => {
      if (!(await exists(destination))) throw error;
    });
  });
  return destination;
}

async function download(
  parts: AsyncIterable<Uint8Array>,
  directory: string,
  signal: AbortSignal,
): Promise<string> {
  const path = join(directory, 'plugin.zip');
  await pipeline(Readable.from(parts), createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
  return path;
}

function assertDigest({ name, version, digest }: PluginIdentity, found: string): void {
  if (found === digest) return;
  throw new PlatformError('PLUGIN_INVALID', `${name} ${version}: its ZIP is not the one that was installed`, {
    hint: 'Install it again with --replace.',
  });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
