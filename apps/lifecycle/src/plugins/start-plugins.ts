import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createPluginRepository } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { Config } from '../config.ts';
import { usesAccounts } from '../deployments/job-accounts.ts';
import type { Sealer } from '../keys/sealer.ts';
import type { OpenedStore } from '../open-data-dir.ts';
import { createPackageFiles } from './files/create-package-files.ts';
import type { PackageFiles } from './files/package-files.ts';
import { createPluginAccounts } from './files/plugin-accounts.ts';
import { listBundledPlugins } from './list-bundled-plugins.ts';
import { listExtraPlugins } from './list-extra-plugins.ts';
import { openPluginSet, type LivePluginSet } from './set/open-plugin-set.ts';
import type { KnownPlugin } from './set/plugin-set.ts';
import { readPlatformPlugin } from './set/read-platform-plugin.ts';

export interface StartPluginsOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly notice: (text: string) => void;
  /** Folder of the plugins that come with the platform. @defaultValue those of this repository */
  readonly pluginsDir?: string | undefined;
  readonly opened: OpenedStore;
  readonly sealer: Sealer;
}

/** All that plugins are used and changed by. */
export interface Plugins {
  readonly set: LivePluginSet;
  readonly files: PackageFiles;
}

const BUNDLED_PLUGINS = fileURLToPath(new URL('../../../../plugins', import.meta.url));
const NODE_ARGS = ['--max-semi-space-size=1'];

/**
 * Starts the plugins of the platform and takes over what is installed, of which nothing is started yet.
 *
 * @throws PlatformError `CONFIG_INVALID` for a named folder that is none, and where jobs are to be kept apart and cannot
 *   be; `PLUGIN_UNAVAILABLE` when the process of the platform's plugins does not come up.
 */
export async function startPlugins(options: StartPluginsOptions): Promise<Plugins> {
  const { config, env, logger, opened } = options;
  const { store, hostId, layout } = opened;
  const { bundled, extra } = await listFolders(options);
  const files = await createPackageFiles({
    pluginsDir: layout.plugins,
    platformDir: config.dataDir,
    readArchive: (digest) => createPluginRepository(store.db).readArchive(digest),
    env,
    logger,
    accounts: createPluginAccounts({ store, hostId, isEnabled: usesAccounts(config) }),
  });
  const set = await openPluginSet({
    store,
    sealer: options.sealer,
    files,
    logger,
    bundled,
    platform: [...(config.hasDefaultPlugins ? bundled : []), ...extra],
    shared: { env, nodeArgs: NODE_ARGS },
  });
  try {
    assertIsolation(config, set.list());
    reportBroken(set.list(), options);
    reportMissingTarget(set, options);
    return { set, files };
  } catch (error) {
    await set.stop();
    throw error;
  }
}

async function listFolders({ config, opened, pluginsDir = BUNDLED_PLUGINS }: StartPluginsOptions) {
  const { layout } = opened;
  const platform = {
    instancesDir: layout.instances,
    socketsDir: layout.sockets,
    jobDataDir: layout.jobData,
    platformDir: config.dataDir,
    isolation: usesAccounts(config) ? 'account' : 'off',
    diskLimitBytes: config.jobDiskLimitBytes,
  };
  const dataDir = layout.plugins;
  const bundled = await listBundledPlugins({ pluginsDir, dataDir, platform });
  const extra = await listExtraPlugins({ folders: config.extraPlugins, dataDir, platform });
  return {
    bundled: await Promise.all(bundled.map(async (plugin) => await readPlatformPlugin(plugin, 'bundled'))),
    extra: await Promise.all(extra.map(async (plugin) => await readPlatformPlugin(plugin, 'folder'))),
  };
}

/** Where jobs are to be kept apart and that cannot be had, there is no use in a platform without its target. */
function assertIsolation(config: Config, plugins: readonly KnownPlugin[]): void {
  if (!usesAccounts(config)) return;
  const broken = plugins.find(
    ({ origin, manifest, description }) =>
      origin === 'bundled' &&
      (manifest.category ?? description.category) === 'infrastructure' &&
      description.error !== null,
  );
  if (broken === undefined) return;
  throw new PlatformError('CONFIG_INVALID', `${broken.name}: ${broken.description.error}`);
}

/** Whoever named a plugin at the start is told there what is wrong with it; everything else goes on without it. */
function reportBroken(
  plugins: readonly KnownPlugin[],
  { logger, notice }: Pick<StartPluginsOptions, 'logger' | 'notice'>,
): void {
  for (const { origin, description, error } of plugins) {
    if (origin !== 'folder' || error === null) continue;
    logger.error({ dir: description.dir, error }, 'a plugin cannot be used');
    notice(`The plugin in ${description.dir} cannot be used: ${error}`);
  }
}

/** A platform where nothing can run yet is told to be one, and how that is changed. */
function reportMissingTarget(set: LivePluginSet, { notice }: Pick<StartPluginsOptions, 'notice'>): void {
  if (set.targets().length > 0) return;
  notice(
    'No infrastructure target is installed, so that nothing can be deployed. Install a plugin that brings one, from a ZIP, a URL or github.com/OWNER/REPO: racetrack plugin install SOURCE',
  );
}
