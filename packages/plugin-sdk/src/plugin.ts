import type { InfrastructureTarget } from './infrastructure-target.ts';
import type { JobType } from './job-type.ts';
import type { PluginHooks } from './hooks.ts';

/** What a plugin gets to work with. What is added counts once `setup` has ended. */
export interface PluginContext {
  /** The plugin's own folder, read-only. */
  readonly pluginDir: string;
  /** A directory that survives restarts and is this plugin's alone; created, mode 0700. */
  readonly dataDir: string;
  /** Settings of the platform for this plugin, unvalidated. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly addJobType: (jobType: JobType) => void;
  readonly addInfrastructureTarget: (target: InfrastructureTarget) => void;
  /** May be called several times; of one hook the last counts. */
  readonly addHooks: (hooks: PluginHooks) => void;
  /** Writes to the platform's log under the plugin's name. */
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

/** A plugin is a value, not a side effect: the module's default export, made by {@link definePlugin}. */
export interface Plugin {
  /** Same as the package's name. */
  readonly id: string;
  /** `X.Y.Z[-label]`. */
  readonly version: string;
  /** Version of this interface that it was written for. */
  readonly apiVersion: 1;
  readonly category: 'job-type' | 'infrastructure' | 'core';
  setup(context: PluginContext): void | Promise<void>;
}

/** Returns its argument; exists so that a plugin gets its types by inference. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
