import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PluginConfig } from '@racetrack-platform/plugin-engine';
import {
  checkPluginManifest,
  PLUGIN_MANIFEST_FILE,
  type PluginManifest,
} from '@racetrack-platform/plugin-package';
import type { PlatformPlugin } from './plugin-set.ts';

/** Reads who the plugin in a folder of this machine is; one without a manifest goes by the name of its folder. */
export async function readPlatformPlugin(
  config: PluginConfig,
  origin: PlatformPlugin['origin'],
): Promise<PlatformPlugin> {
  const path = join(config.dir, PLUGIN_MANIFEST_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const manifest = (text !== undefined && checkPluginManifest(text, path).manifest) || null;
  return {
    name: manifest?.name ?? basename(config.dir),
    manifest,
    origin,
    config: manifest === null ? config : { ...config, manifest: { ...manifest } },
  };
}

/** What is known of a plugin without a manifest, by its own word. */
export function inventManifest(name: string, version: string, category: string | null): PluginManifest {
  return {
    name,
    version,
    category,
    priority: 0,
    build_date: null,
    url: null,
    components: [],
    racetrack: null,
  };
}
