import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginConfig } from '@racetrack-platform/plugin-engine';

export interface ListBundledPluginsOptions {
  /** Folder whose sub-folders are the plugins that come with the platform. */
  readonly pluginsDir: string;
  /** Below it every plugin has a directory of its own. */
  readonly dataDir: string;
  /** Told to every plugin. */
  readonly platform: Readonly<Record<string, unknown>>;
}

/** The plugins that come with the platform; none is known by name. */
export async function listBundledPlugins(options: ListBundledPluginsOptions): Promise<PluginConfig[]> {
  const entries = await readdir(options.pluginsDir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name);
  return names.sort().map((name) => ({
    dir: join(options.pluginsDir, name),
    dataDir: join(options.dataDir, name),
    settings: {},
    platform: { ...options.platform },
  }));
}
