import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { bundlePlugin } from '@racetrack-platform/plugin-package';
import type { Actor } from '../../auth/actor.ts';
import { findPackage, pluginNotFound } from './find-package.ts';
import { installPlugin } from './install-plugin.ts';
import type { PluginDeps } from './plugin-deps.ts';
import { removePackage } from './uninstall-plugin.ts';
import { within } from './within.ts';

const BUNDLE_MS = 60_000;

/**
 * Keeps a plugin of the platform as it is: its files become a package of their own, which an upgrade of the platform
 * leaves alone.
 *
 * @throws PlatformError `NOT_FOUND`; `BAD_REQUEST` for a plugin that does not come with the platform.
 */
export async function pinPlugin(
  deps: PluginDeps,
  name: string,
  version: string,
  actor: Actor,
): Promise<void> {
  const installed = await findPackage(deps.store.db, name, version);
  if (installed?.isPinned === true) return;
  const known = deps.set.findVersion(name, version);
  const pinned = deps.set.bundledConfig(name);
  if (known === undefined) throw pluginNotFound(name, version);
  if (known.origin !== 'bundled' || pinned === undefined) {
    throw new PlatformError('BAD_REQUEST', `plugin ${name} ${version} does not come with the platform`, {
      hint: 'Upgrades of the platform leave it alone anyway.',
    });
  }
  const outFileName = `${randomUUID()}.zip`;
  const path = join(deps.uploadsDir, outFileName);
  try {
    await within(`packing ${name}`, BUNDLE_MS, async (signal) => {
      await bundlePlugin({ directory: pinned.dir, outDirectory: deps.uploadsDir, outFileName, signal });
    });
    await installPlugin(deps, { path, source: `${name}-${version}.zip`, replace: false, actor, pinned });
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Lets the plugin of the platform take its place again.
 *
 * @throws PlatformError `NOT_FOUND` when it is not pinned.
 */
export async function unpinPlugin(
  deps: PluginDeps,
  name: string,
  version: string,
  actor: Actor,
): Promise<void> {
  await deps.store.transaction(async (trx) => {
    const installed = await findPackage(trx.db, name, version);
    if (installed?.isPinned !== true) {
      throw new PlatformError('NOT_FOUND', `plugin ${name} ${version} is not pinned`, {
        hint: 'racetrack plugin list shows what is.',
      });
    }
    await removePackage(trx, name, version, actor, 'plugin_unpinned');
  });
  await deps.set.reload();
}
