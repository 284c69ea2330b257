import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Actor } from '../../auth/actor.ts';
import { pluginNotFound } from './find-package.ts';
import type { PluginDeps } from './plugin-deps.ts';
import { within } from './within.ts';

const ACTION_MS = 60_000;

/**
 * Runs the action of a plugin, in its highest version. That it was asked for is written down first: an action may end
 * the platform.
 *
 * @returns what it answers; `null` when the plugin has none.
 * @throws PlatformError `NOT_FOUND`; the plugin's own; `PLUGIN_FAILED` with what it threw; `PLUGIN_UNAVAILABLE`.
 */
export async function runAction(
  { store, set }: Pick<PluginDeps, 'store' | 'set'>,
  name: string,
  args: Readonly<Record<string, unknown>>,
  actor: Actor,
): Promise<unknown> {
  const plugin = set.find(name);
  if (plugin === undefined) throw pluginNotFound(name);
  if (!plugin.description.hooks.includes('run_action')) {
    if (plugin.error === null) return null;
    throw new PlatformError('PLUGIN_UNAVAILABLE', `plugin ${name} cannot be used: ${plugin.error}`, {
      hint: 'Correct and install it again, or remove it.',
    });
  }
  await store.transaction(async (trx) => {
    const properties = { plugin_name: name, plugin_version: plugin.version };
    await recordAudit(trx, { ...actor, eventType: 'plugin_action_run', properties });
  });
  const what = `the action of plugin ${name}`;
  const call = async (signal: AbortSignal) =>
    await set.callHook(plugin, 'run_action', { arguments: { ...args } }, signal);
  return (await within(what, ACTION_MS, call)) ?? null;
}
