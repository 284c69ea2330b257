import { createPluginRepository, type StoreTransaction } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Actor } from '../../auth/actor.ts';
import { findPackage, pluginNotFound } from './find-package.ts';
import { identify } from './install-plugin.ts';
import type { PluginDeps } from './plugin-deps.ts';

/**
 * Removes one version of a plugin, whether it works or not. Its configuration stays, and so do jobs that run. What comes
 * with the platform stays away until it is installed again as `bundled:NAME`.
 *
 * @throws PlatformError `NOT_FOUND`; `BAD_REQUEST` for a plugin that was named at the platform's start.
 */
export async function uninstallPlugin(
  deps: PluginDeps,
  name: string,
  version: string,
  actor: Actor,
): Promise<void> {
  const { result: isRemoved } = await deps.store.transaction(
    async (trx) => await removePackage(trx, name, version, actor),
  );
  if (!isRemoved) await removeBundled(deps, name, version, actor);
  await deps.set.reload();
}

/** Removes all that was installed; what comes with the platform stays. */
export async function uninstallAll(deps: PluginDeps, actor: Actor): Promise<void> {
  await deps.store.transaction(async (trx) => {
    const plugins = await createPluginRepository(trx.db).list();
    for (const { name, version } of plugins) await removePackage(trx, name, version, actor);
  });
  await deps.set.reload();
}

/** @returns whether there was one. */
export async function removePackage(
  trx: StoreTransaction,
  name: string,
  version: string,
  actor: Actor,
  eventType: 'plugin_uninstalled' | 'plugin_unpinned' = 'plugin_uninstalled',
): Promise<boolean> {
  const found = await findPackage(trx.db, name, version);
  if (found === undefined) return false;
  await createPluginRepository(trx.db).remove(name, version);
  await recordAudit(trx, { ...actor, eventType, properties: identify(found) });
  return true;
}

async function removeBundled(
  { store, set }: PluginDeps,
  name: string,
  version: string,
  actor: Actor,
): Promise<void> {
  const known = set.findVersion(name, version);
  if (known?.origin === 'folder') {
    throw new PlatformError(
      'BAD_REQUEST',
      `plugin ${name} ${version} was named when the platform was started`,
      {
        hint: 'Start the platform without it: --plugin, RACETRACK_EXTRA_PLUGINS.',
      },
    );
  }
  // Installed: another replica has just removed it.
  if (known?.origin !== 'bundled') throw pluginNotFound(name, version);
  await store.transaction(async (trx) => {
    const removed = { name, removedBy: actor.executor ?? '', removedAt: Date.now() };
    await createPluginRepository(trx.db).putRemoved(removed);
    const properties = { plugin_name: name, plugin_version: version, origin: 'bundled' };
    await recordAudit(trx, { ...actor, eventType: 'plugin_uninstalled', properties });
  });
}
