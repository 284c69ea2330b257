import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { findForeign } from '@racetrack-platform/sandbox';
import type { PluginConfig } from '@racetrack-platform/plugin-engine';

export interface ListExtraPluginsOptions {
  /** Absolute paths of unpacked plugins, as the owner of the server named them. */
  readonly folders: readonly string[];
  /** Below it every plugin has a directory of its own. */
  readonly dataDir: string;
  /** Told to every plugin. */
  readonly platform: Readonly<Record<string, unknown>>;
}

/**
 * The plugins that somebody works on and wants to see beside those of the platform. Their data directories are named
 * after their paths, so that two of one name share nothing, and none is mixed up with a bundled one.
 *
 * @throws PlatformError `CONFIG_INVALID` for a path that is no folder, or as root for one that somebody else can change.
 */
export async function listExtraPlugins(options: ListExtraPluginsOptions): Promise<PluginConfig[]> {
  return await Promise.all(
    options.folders.map(async (folder) => {
      const dir = await findFolder(folder);
      const name = `extra-${basename(dir)}-${createHash('sha256').update(dir).digest('hex').slice(0, 8)}`;
      return { dir, dataDir: join(options.dataDir, name), settings: {}, platform: { ...options.platform } };
    }),
  );
}

async function findFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const real = await realpath(folder);
    assertOwn(folder, real);
    return real;
  }
  throw new PlatformError('CONFIG_INVALID', `--plugin (RACETRACK_EXTRA_PLUGINS): ${folder} is no folder`, {
    hint: 'Give the absolute path of the unpacked plugin, the folder with its package.json.',
  });
}

/** Its code runs as the user of the platform: as root, so that nobody else may have a say in it. */
function assertOwn(folder: string, real: string): void {
  const foreign = process.getuid?.() === 0 ? findForeign(real) : undefined;
  if (foreign === undefined) return;
  throw new PlatformError(
    'CONFIG_INVALID',
    `--plugin (RACETRACK_EXTRA_PLUGINS): ${folder} would run as root, and others than root can change ${foreign}`,
    {
      hint: `Start the platform as the owner of the folder, or give it to root: chown root ${foreign}; chmod o-w ${foreign}`,
    },
  );
}
