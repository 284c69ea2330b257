import type { InstalledPlugin } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { OnDemandHost, type PluginDescription } from '@racetrack-platform/plugin-engine';
import type { PackageFiles, PreparedPlugin, PrepareOptions } from '../files/package-files.ts';

/** A plugin that was started to see whether it works. */
export interface TriedPlugin {
  readonly prepared: PreparedPlugin;
  /** Still running: whoever takes it over need not start it a second time. */
  readonly host: OnDemandHost;
  readonly description: PluginDescription;
}

/**
 * Starts a plugin with a configuration and lets it say what it offers.
 *
 * @param what - stands before the reason when it is refused.
 * @throws PlatformError `PLUGIN_INVALID` with the reason; those of {@link PackageFiles.prepare}. No process is left then.
 */
export async function tryPlugin(
  files: PackageFiles,
  plugin: Pick<InstalledPlugin, 'name' | 'version' | 'digest' | 'language' | 'manifest'>,
  { what, ...options }: PrepareOptions & { readonly what: string },
): Promise<TriedPlugin> {
  const prepared = await files.prepare(plugin, options);
  const host = new OnDemandHost(prepared.host);
  try {
    const description = await describe(host, options.signal);
    const isUsable = description.error === null || (options.config === '' && awaitsSettings(description));
    if (isUsable) return { prepared, host, description };
    throw refuse(what, description.error ?? '', options.config);
  } catch (error) {
    await host.stop();
    throw isFault(error) ? refuse(what, messageOf(error), options.config, error) : error;
  }
}

async function describe(host: OnDemandHost, signal: AbortSignal): Promise<PluginDescription> {
  signal.throwIfAborted();
  return await host.describe(signal);
}

/** One that needs settings can only be given them when it is there; until then it is shown with what it misses. */
export function awaitsSettings({
  settingsSchema,
  error,
}: Pick<PluginDescription, 'settingsSchema' | 'error'>): boolean {
  const required = settingsSchema?.['required'];
  return (
    Array.isArray(required) &&
    required.length > 0 &&
    (error ?? '').split('; ').every((problem) => problem.startsWith('settings'))
  );
}

/** The process does not come up, or breaks the contract. */
function isFault(error: unknown): boolean {
  return PlatformError.is(error) && ['PLUGIN_UNAVAILABLE', 'PLUGIN_FAILED'].includes(error.code);
}

/** What `racetrack plugin validate` finds without running the plugin. */
const SHOWS_BEFORE = /SyntaxError|Unexpected |strip-only mode|Cannot find package|the code says that it is/;

function adviseOn(reason: string): string {
  return SHOWS_BEFORE.test(reason)
    ? 'Correct the plugin; racetrack plugin validate finds this before it is installed.'
    : 'Correct the plugin and install it again; racetrack plugin validate does not find what only shows when code runs.';
}

function refuse(what: string, reason: string, config: string, cause?: unknown): PlatformError {
  const advice =
    config === ''
      ? adviseOn(reason)
      : 'Correct the plugin, or its configuration, which is kept when a plugin is replaced or removed.';
  return new PlatformError('PLUGIN_INVALID', `${what}: ${reason}`, { hint: advice, cause });
}
