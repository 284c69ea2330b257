import { createPluginRepository, type InstalledPlugin } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { PluginDescription } from '@racetrack-platform/plugin-engine';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Actor } from '../../auth/actor.ts';
import { readSettings } from '../files/read-settings.ts';
import { assertYaml } from './assert-yaml.ts';
import { findPackage, pluginNotFound } from './find-package.ts';
import { readPluginConfig, sealPluginConfig } from './plugin-config.ts';
import type { PluginDeps } from './plugin-deps.ts';
import { tryPlugin, type TriedPlugin } from './try-plugin.ts';
import { within } from './within.ts';

/** For the start of a plugin with its new configuration. */
const TRIAL_MS = 5 * 60_000;

/** Which plugin, and what it is to read. */
export interface Configuration {
  readonly name: string;
  readonly version: string;
  /** Of `config.yaml`. */
  readonly text: string;
}

/**
 * The configuration of a plugin, as it was written.
 *
 * @throws PlatformError `NOT_FOUND`.
 */
export async function getPluginConfig(deps: PluginDeps, name: string, version: string): Promise<string> {
  await requireConfigurable(deps, name, version);
  return await readPluginConfig(deps.store.db, deps.sealer, name);
}

/**
 * Gives all versions of a plugin another configuration, after one has shown that it can live with it. One that is
 * refused changes nothing.
 *
 * @throws PlatformError `NOT_FOUND`; `PLUGIN_INVALID` with the reason.
 */
export async function configurePlugin(
  deps: PluginDeps,
  configuration: Configuration,
  actor: Actor,
): Promise<void> {
  const { name, version, text } = configuration;
  const installed = await requireConfigurable(deps, name, version);
  assertYaml(text);
  if (installed === undefined) return await configurePlatformPlugin(deps, configuration, actor);
  // What a target of ours stands in for has no code to try.
  if (installed.standIn !== null) return await keep(deps, configuration, actor);
  using _kept = deps.set.reserve(installed.digest);
  const tried = await tryConfiguration(deps, installed, text);
  try {
    await keep(deps, configuration, actor, { plugin: installed, description: tried.description });
  } catch (error) {
    await tried.host.stop();
    throw error;
  }
  deps.set.adopt(tried.prepared, text, tried.host);
  await deps.set.reload();
}

/** Plugins of the platform share one process, where nothing can be tried beside what runs. */
async function configurePlatformPlugin(
  deps: PluginDeps,
  configuration: Configuration,
  actor: Actor,
): Promise<void> {
  const { name, version, text } = configuration;
  const before = deps.set.findVersion(name, version);
  if (before?.description.settingsSchema === undefined) {
    throw new PlatformError('BAD_REQUEST', `plugin ${name} ${version} takes no configuration`, {
      hint: 'It comes with the platform, whose settings are flags and variables: docs/reference/configuration.md.',
    });
  }
  readSettings({ name, language: 'javascript' }, text);
  const former = await readPluginConfig(deps.store.db, deps.sealer, name);
  await keep(deps, configuration, actor);
  await deps.set.reload();
  const error = deps.set.findVersion(name, version)?.error ?? null;
  if (error === null || error === before.error) return;
  await keep(deps, { ...configuration, text: former }, actor);
  await deps.set.reload();
  throw new PlatformError('PLUGIN_INVALID', `the configuration of ${name} ${version} is refused: ${error}`, {
    hint: 'Correct the configuration; the former one is in force.',
  });
}

/** @returns its row, if it was installed. */
async function requireConfigurable(
  { store, set }: PluginDeps,
  name: string,
  version: string,
): Promise<InstalledPlugin | undefined> {
  const installed = await findPackage(store.db, name, version);
  if (installed !== undefined || set.findVersion(name, version) !== undefined) return installed;
  throw pluginNotFound(name, version);
}

async function tryConfiguration(
  deps: PluginDeps,
  plugin: InstalledPlugin,
  text: string,
): Promise<TriedPlugin> {
  const { store, sealer, files, set } = deps;
  const pinned = plugin.isPinned ? set.bundledConfig(plugin.name) : undefined;
  const prepare = { ...(pinned !== undefined && { pinned }) };
  const what = `the configuration of ${plugin.name} ${plugin.version} is refused`;
  const former = await readPluginConfig(store.db, sealer, plugin.name);
  try {
    return await within(
      what,
      TRIAL_MS,
      async (signal) => await tryPlugin(files, plugin, { ...prepare, config: text, signal, what }),
    );
  } catch (error) {
    // The trial has put its text where the plugin reads it.
    await within(
      'going back',
      TRIAL_MS,
      async (signal) => await files.prepare(plugin, { ...prepare, config: former, signal }),
    );
    throw error;
  }
}

async function keep(
  { store, sealer }: PluginDeps,
  { name, version, text }: Configuration,
  actor: Actor,
  offered?: { readonly plugin: InstalledPlugin; readonly description: PluginDescription },
): Promise<void> {
  const sealedText = sealPluginConfig(sealer, name, text);
  await store.transaction(async (trx) => {
    const plugins = createPluginRepository(trx.db);
    await plugins.putConfig({ name, sealedText, updatedBy: actor.executor, updatedAt: Date.now() });
    // What it offers may depend on it.
    if (offered !== undefined) await plugins.setDescription(offered.plugin, { ...offered.description });
    // Not the text: there may be secrets in it.
    const properties = { plugin_name: name, plugin_version: version };
    await recordAudit(trx, { ...actor, eventType: 'plugin_configured', properties });
  });
}
