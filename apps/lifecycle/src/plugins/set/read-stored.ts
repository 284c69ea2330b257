import { createPluginRepository, type InstalledPlugin, type Queryable } from '@racetrack-platform/db';
import { messageOf } from '@racetrack-platform/errors';
import { pluginDescriptionSchema, type PluginDescription } from '@racetrack-platform/plugin-engine';
import type { PluginManifest } from '@racetrack-platform/plugin-package';
import type { Sealer } from '../../keys/sealer.ts';

/** What the store says about plugins. */
export interface StoredPlugins {
  readonly revision: string;
  readonly installed: readonly InstalledPlugin[];
  /** Text of `config.yaml`, by the plugin's name; an error where it cannot be opened. */
  readonly configs: ReadonlyMap<string, { readonly text: string; readonly error: string | null }>;
  /** Names of the platform's plugins that were taken out. */
  readonly removed: ReadonlySet<string>;
}

/** @throws PlatformError `STORE_UNAVAILABLE`. */
export async function readStored(db: Queryable, sealer: Pick<Sealer, 'open'>): Promise<StoredPlugins> {
  const plugins = createPluginRepository(db);
  // First: what changes while the rest is read has another one, and is read again.
  const revision = await plugins.revision();
  const [installed, configs, removed] = await Promise.all([
    plugins.list(),
    plugins.listConfigs(),
    plugins.listRemoved(),
  ]);
  return {
    revision,
    installed,
    configs: new Map(configs.map(({ name, sealedText }) => [name, openConfig(sealer, name, sealedText)])),
    removed: new Set(removed.map(({ name }) => name)),
  };
}

function openConfig(sealer: Pick<Sealer, 'open'>, name: string, sealedText: string) {
  try {
    return { text: sealer.open(sealedText, `plugin_config:${name}`), error: null };
  } catch (error) {
    return { text: '', error: `its configuration cannot be read: ${messageOf(error)}` };
  }
}

/** The manifest of a row: it was checked when the plugin was installed. */
export function readStoredManifest({ manifest }: Pick<InstalledPlugin, 'manifest'>): PluginManifest {
  return manifest as unknown as PluginManifest;
}

/**
 * What a plugin said when it was installed, as if its files lay here.
 *
 * @param dir - where its files lie on this machine.
 */
export function readStoredDescription(row: InstalledPlugin, dir: string): PluginDescription {
  const nothing = describeNothing(row, dir);
  if (row.description === null) return nothing;
  const parsed = pluginDescriptionSchema.safeParse(row.description);
  if (parsed.success) return { ...parsed.data, dir };
  return {
    ...nothing,
    error: 'what it offers was noted by another version of the platform; install it again',
  };
}

/** The description of a plugin that offers nothing. */
export function describeNothing(
  { name, version }: Pick<InstalledPlugin, 'name' | 'version'>,
  dir: string,
): PluginDescription {
  return { dir, id: name, version, category: null, jobTypes: [], targets: [], hooks: [], error: null };
}
