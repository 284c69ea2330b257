import { createPluginRepository } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { isPluginName } from '@racetrack-platform/plugin-package';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Actor } from '../../auth/actor.ts';
import type { KnownPlugin } from '../set/plugin-set.ts';
import type { PluginDeps } from './plugin-deps.ts';

/**
 * Brings a plugin of the platform back that somebody removed; does nothing when it is there.
 *
 * @throws PlatformError `NOT_FOUND`.
 */
export async function installBundled(deps: PluginDeps, name: string, actor: Actor): Promise<KnownPlugin> {
  const { store, set } = deps;
  const { result: wasRemoved } = await store.transaction(async (trx) => {
    const isBack = isPluginName(name) && (await createPluginRepository(trx.db).deleteRemoved(name));
    if (isBack) {
      const properties = { plugin_name: name, origin: 'bundled' };
      await recordAudit(trx, { ...actor, eventType: 'plugin_installed', properties });
    }
    return isBack;
  });
  if (wasRemoved) await set.reload();
  const found = set.list().find((plugin) => plugin.origin === 'bundled' && plugin.name === name);
  if (found !== undefined) return found;
  if (set.bundledConfig(name) !== undefined) {
    throw new PlatformError(
      'NOT_FOUND',
      `plugin ${name} comes with the platform, but this server was started with --no-default-plugins`,
      {
        hint: 'Let an administrator start it without that flag (RACETRACK_DEFAULT_PLUGINS), or install a plugin from a ZIP, a URL or github.com/OWNER/REPO.',
      },
    );
  }
  throw new PlatformError('NOT_FOUND', `no plugin named "${name}" comes with the platform`, {
    hint: 'racetrack plugin list shows the names.',
  });
}
