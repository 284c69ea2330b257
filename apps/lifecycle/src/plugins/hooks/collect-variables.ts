import { PlatformError } from '@racetrack-platform/errors';
import { RESERVED_RUNTIME_NAMES } from '@racetrack-platform/manifest';
import type { KnownPlugin } from '../set/plugin-set.ts';
import { callJobHook, listWithHook, type HookCaller } from './call-job-hook.ts';

/** Variables of plugins, and what whoever deploys should know of them. */
export interface PluginVariables {
  readonly variables: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Set by the platform for every instance: which job it is, who it may call as, where pub is. */
const PLATFORM_NAMES: ReadonlySet<string> = new Set([
  ...RESERVED_RUNTIME_NAMES,
  'JOB_TYPE_VERSION',
  'GIT_VERSION',
  'DEPLOYED_BY_RACETRACK_VERSION',
  'CALLER_NAME_HEADER',
]);

/** Anything else cannot be handed to a process. */
const NAME = /^[^=\0]+$/;

/**
 * Asks every plugin with a hook `job_runtime_env_vars`, all at once; where two say the same variable, the later in order
 * wins. What the platform sets itself is kept.
 *
 * @param own - names that the job has values for: those of plugins win, as in Racetrack 2.36, and a warning says so.
 * @throws PlatformError of the first plugin in order that fails: `PLUGIN_FAILED`, `PLUGIN_UNAVAILABLE`.
 */
export async function collectVariables(
  plugins: HookCaller,
  own: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<PluginVariables> {
  const asked = listWithHook(plugins, 'job_runtime_env_vars');
  const answers = await Promise.allSettled(
    asked.map(async (plugin) => ({
      plugin,
      found: (await callJobHook(plugins, plugin, 'job_runtime_env_vars', {}, signal)) ?? {},
    })),
  );
  const variables: Record<string, string> = {};
  const warnings: string[] = [];
  for (const answer of answers) {
    if (answer.status === 'rejected') throw answer.reason;
    const { plugin, found } = answer.value;
    refuseImpossible(plugin, found);
    for (const [name, value] of Object.entries(found)) {
      if (PLATFORM_NAMES.has(name)) warnings.push(`${nameOf(plugin)} may not set ${name}: the platform does`);
      else variables[name] = value;
    }
    const replaced = Object.keys(found).filter((name) => own.has(name) && !PLATFORM_NAMES.has(name));
    if (replaced.length > 0) warnings.push(`${nameOf(plugin)} replaces variables: ${replaced.join(', ')}`);
  }
  return { variables, warnings };
}

function refuseImpossible(plugin: KnownPlugin, found: Readonly<Record<string, string>>): void {
  const bad = Object.entries(found).find(([name, value]) => !NAME.test(name) || value.includes('\0'));
  if (bad === undefined) return;
  throw new PlatformError(
    'PLUGIN_FAILED',
    `Invoking hook "job_runtime_env_vars" of ${nameOf(plugin)}: no process can be given a variable ${JSON.stringify(bad[0])}`,
    { hint: 'Report it to the author of the plugin: names have no "=", and neither they nor values a NUL.' },
  );
}

function nameOf({ name, version }: KnownPlugin): string {
  return `plugin ${name} ${version}`;
}
